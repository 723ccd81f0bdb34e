import type { Draw } from './chart.ts';
import type { FrontierPoint } from './frontier.ts';
import { colours } from './report.ts';

/** One frontier, and the plans that stand on it or above. */
export interface Curve {
  title: string;
  axis: string;
  points: readonly FrontierPoint[];
  /** Where the plans are on the axis. */
  at: number;
  format: (at: number) => string;
}

/** The frontier as a line, and the plans as diamonds. @param costs of the plans, US dollars per hour */
export function drawCurve({ points, at, axis }: Curve, costs: readonly (number | undefined)[]): Draw {
  const known = points.filter(({ cost }) => cost !== null);
  const chosen = costs.flatMap((cost, plan) =>
    cost === undefined ? [] : [{ at, cost, ink: colours[plan]!.ink }],
  );
  return ({ width }) => ({
    width,
    height: 250,
    autosize: { type: 'fit', contains: 'padding' },
    data: [
      {
        name: 'points',
        values: known.map(point => ({ ...point, fill: point.proved ? 'var(--muted)' : 'var(--card)' })),
      },
      // The dearest below, so that the cheaper of two is seen.
      { name: 'plans', values: chosen.toSorted((a, b) => b.cost - a.cost) },
    ],
    scales: [
      {
        name: 'x',
        type: 'linear',
        domain: [0, 1.04 * Math.max(at, ...points.map(point => point.at))],
        range: 'width',
      },
      {
        name: 'y',
        type: 'linear',
        domain: [0, 1.1 * Math.max(...[...known, ...chosen].map(({ cost }) => cost!))],
        range: 'height',
        nice: true,
      },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: axis, tickCount: 6 },
      {
        orient: 'left',
        scale: 'y',
        grid: true,
        domain: false,
        ticks: false,
        tickCount: 5,
        title: 'USD per hour',
      },
    ],
    marks: [
      {
        type: 'line',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'at' },
            y: { scale: 'y', field: 'cost' },
            stroke: { value: 'var(--muted)' },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'at' },
            y: { scale: 'y', field: 'cost' },
            fill: { field: 'fill' },
            stroke: { value: 'var(--muted)' },
            strokeWidth: { value: 1.5 },
            size: { value: 44 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'plans' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'at' },
            y: { scale: 'y', field: 'cost' },
            shape: { value: 'diamond' },
            fill: { field: 'ink' },
            stroke: { value: 'var(--card)' },
            size: { value: 190 },
          },
        },
      },
    ],
  });
}
