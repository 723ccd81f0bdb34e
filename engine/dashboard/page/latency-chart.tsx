/** End-to-end latency over the last minutes, against the objective. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { colour, onThemeChange } from './chart-colours.ts';
import { duration } from './format.ts';
import type { PipelineStatus, Point } from './status.ts';

const lines = ['p50', 'p95', 'p99'] as const;
const height = 220;

/** Times and values as the chart takes them; stretches without queries are gaps. */
function columns(recent: readonly Point[], slo: readonly number[]): uPlot.AlignedData {
  const of = (pick: (point: Point) => number) => recent.map(point => (point.count > 0 ? pick(point) : null));
  return [
    recent.map(({ time }) => time),
    ...lines.map(name => of(point => point[name])),
    ...slo.map(limit => recent.map(() => limit)),
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
    scales: { x: { time: true }, y: { range: (_, _least, most) => [0, Math.max(1, (most ?? 0) * 1.08)] } },
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

export function LatencyChart({ pipeline: { recent, slo } }: { pipeline: PipelineStatus }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const names = Object.keys(slo);
  const data = columns(recent, Object.values(slo));
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
  const last = recent.findLast(({ count }) => count > 0);
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
        {names.map(name => (
          <span key={name}>
            <i style={{ background: 'var(--bad)' }} />
            SLO {name} ≤ {duration(slo[name])}
          </span>
        ))}
      </div>
    </div>
  );
}
