/** End-to-end latency over the last minutes, against the objective. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { colour, onThemeChange } from './chart-colours.ts';
import { duration } from './format.ts';
import type { PipelineStatus, Point } from './status.ts';

const lines = ['p50', 'p95', 'p99'] as const;
const height = 220;
/** Seconds. */
const shown = 300;

/** Times and values as the chart takes them; stretches without queries are gaps. */
function columns(series: readonly Point[], limits: readonly number[]): uPlot.AlignedData {
  return [
    series.map(({ at }) => at / 1000),
    ...lines.map(name => series.map(point => point[name])),
    ...limits.map(limit => series.map(() => limit)),
  ] as uPlot.AlignedData;
}

function optionsOf(width: number, slo: readonly string[]): uPlot.Options {
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
  };
  return {
    width,
    height,
    cursor: { drag: { x: false, y: false } },
    legend: { show: false },
    scales: {
      // Always as long, so that a server that has just started does not fill the chart with a moment.
      x: { time: true, range: (_, _first, last) => [last - shown, last] },
      y: { range: (_, _least, most) => [0, Math.max(1, (most ?? 0) * 1.08)] },
    },
    axes: [
      { ...axis, space: 70, values: '{HH}:{mm}' },
      { ...axis, size: 64, values: (_, ticks) => ticks.map(tick => duration(tick)) },
    ],
    series: [
      {},
      ...lines.map(name => ({
        label: name,
        stroke: colour(name),
        width: 2,
        points: { show: true, size: 4 },
      })),
      ...slo.map(name => ({
        label: `SLO ${name}`,
        stroke: colour('bad'),
        width: 1.5,
        dash: [6, 5],
        points: { show: false },
      })),
    ],
  };
}

export function LatencyChart({ pipeline }: { pipeline: PipelineStatus }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const { recent, objectives } = pipeline;
  const names = objectives.map(({ percentile }) => `p${percentile}`);
  const data = columns(
    recent.series,
    objectives.map(({ limit }) => limit),
  );
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(place.current!.clientWidth, names), latest.current, place.current!);
    };
    draw();
    const observer = new ResizeObserver(() =>
      chart.current?.setSize({ width: place.current!.clientWidth, height }),
    );
    observer.observe(place.current!);
    const end = onThemeChange(draw);
    return () => {
      observer.disconnect();
      end();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [names.join()]);
  useEffect(() => chart.current?.setData(data), [data]);
  const last = recent.series.findLast(({ p50 }) => p50 !== null);
  const spoken = last ? lines.map(name => `${name} ${duration(last[name])}`).join(', ') : 'no queries yet';
  return (
    <div>
      <div ref={place} role="img" aria-label={`Latency over the last minutes: ${spoken}`} />
      <div class="keys">
        {lines.map(name => (
          <span key={name}>
            <i style={{ background: `var(--${name})` }} />
            {name}
          </span>
        ))}
        {objectives.map(({ percentile, limit }) => (
          <span key={percentile}>
            <i style={{ background: 'var(--bad)' }} />
            SLO p{percentile} ≤ {duration(limit)}
          </span>
        ))}
      </div>
    </div>
  );
}
