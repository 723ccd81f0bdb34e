import type { Mark } from 'vega';
import type { Objective } from '../../pipelines/index.ts';
import type { Draw, Size } from './chart.ts';
import { histogram } from './distribution.ts';
import { formatObjective } from './format.ts';
import { endOf, timeAxis } from './latency-axis.ts';
import { colours, plansOf, type Report } from './report.ts';

const bins = { wide: 60, narrow: 40 };

/** A dashed line at each objective, with what it says. */
function objectiveMarks(slo: readonly Objective[]): Mark[] {
  return slo.flatMap((objective, at): Mark[] => [
    {
      type: 'rule',
      encode: {
        enter: {
          x: { scale: 'x', value: objective.limit },
          y: { value: 0 },
          y2: { signal: 'height' },
          stroke: { value: 'var(--bad)' },
          strokeDash: { value: [5, 4] },
          strokeWidth: { value: 1.5 },
        },
      },
    },
    {
      type: 'text',
      encode: {
        enter: {
          x: { scale: 'x', value: objective.limit, offset: -6 },
          y: { value: 12 + 16 * at },
          align: { value: 'right' },
          fill: { value: 'var(--bad)' },
          text: { value: formatObjective(objective) },
        },
      },
    },
  ]);
}

/** Histograms; what is late at the strictest objective is coloured so, unless two plans are compared. */
export function drawHistogram(report: Report): Draw {
  const plans = plansOf(report);
  const end = endOf(report);
  const limit = Math.min(...report.slo.map(slo => slo.limit));
  return ({ width, narrow }: Size) => ({
    width,
    height: 250,
    autosize: { type: 'fit', contains: 'padding' },
    data: plans.map(({ estimate }, at) => ({
      name: `plan${at}`,
      values: histogram(estimate.latencies, end, narrow ? bins.narrow : bins.wide).map(bin => ({
        ...bin,
        ink: plans.length === 1 && bin.from >= limit ? 'var(--bad)' : colours[at]!.ink,
      })),
    })),
    scales: [
      { name: 'x', type: 'linear', domain: [0, end], range: 'width' },
      {
        name: 'y',
        type: 'linear',
        domain: { fields: plans.map((_, at) => ({ data: `plan${at}`, field: 'share' })) },
        range: 'height',
        nice: true,
        zero: true,
      },
    ],
    axes: [
      timeAxis,
      { orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 5, format: '.1~%' },
    ],
    marks: [
      ...plans.map((_, at): Mark => ({
        type: 'rect',
        from: { data: `plan${at}` },
        encode: {
          enter: {
            x: { scale: 'x', field: 'from' },
            x2: { scale: 'x', field: 'to', offset: plans.length === 1 ? -1 : 0 },
            y: { scale: 'y', field: 'share' },
            y2: { scale: 'y', value: 0 },
            fill: { field: 'ink' },
            fillOpacity: { value: plans.length === 1 ? 0.9 : 0.5 },
          },
        },
      })),
      ...objectiveMarks(report.slo),
    ],
  });
}
