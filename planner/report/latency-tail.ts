import type { Mark } from 'vega';
import type { Draw, Size } from './chart.ts';
import { tail } from './distribution.ts';
import { endOf, rarest, timeAxis } from './latency-axis.ts';
import { colours, plansOf, type Report } from './report.ts';

/** Share of queries that take longer, on a logarithmic scale, and the corners that objectives cut off. */
export function drawTail(report: Report): Draw {
  const plans = plansOf(report);
  const corners = report.slo.map(objective => ({
    ...objective,
    above: Math.max(rarest, 1 - objective.percentile / 100),
  }));
  return ({ width }: Size) => ({
    width,
    height: 250,
    autosize: { type: 'fit', contains: 'padding' },
    data: [
      { name: 'corners', values: corners },
      ...plans.map(({ estimate }, at) => ({
        name: `plan${at}`,
        values: tail(estimate.latencies, rarest, 120),
      })),
    ],
    scales: [
      { name: 'x', type: 'linear', domain: [0, endOf(report)], range: 'width' },
      { name: 'y', type: 'log', domain: [rarest, 1], range: 'height' },
    ],
    axes: [
      timeAxis,
      {
        orient: 'left',
        scale: 'y',
        grid: true,
        domain: false,
        ticks: false,
        values: [1, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001],
        format: '~%',
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'corners' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'limit' },
            x2: { signal: 'width' },
            y: { value: 0 },
            y2: { scale: 'y', field: 'above' },
            fill: { value: 'var(--bad-soft)' },
          },
        },
      },
      ...plans.map((_, at): Mark => ({
        type: 'line',
        from: { data: `plan${at}` },
        encode: {
          enter: {
            x: { scale: 'x', field: 'time' },
            y: { scale: 'y', field: 'above' },
            stroke: { value: colours[at]!.ink },
            strokeWidth: { value: 2.5 },
          },
        },
      })),
      {
        type: 'symbol',
        from: { data: 'corners' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'limit' },
            y: { scale: 'y', field: 'above' },
            fill: { value: 'var(--bad)' },
            size: { value: 50 },
          },
        },
      },
    ],
  });
}
