/** What the charts of latencies have in common. */
import { percentileOf } from '../percentile.ts';
import { plansOf, type Report } from './report.ts';

/** Share of queries at which the tail ends. */
export const rarest = 0.001;

/** Where the axis of times ends: beyond the objective, and all but the rarest queries. */
export function endOf({ slo, ...report }: Report): number {
  const latest = plansOf({ slo, ...report }).map(({ estimate: { latencies } }) => {
    const almost = percentileOf(latencies, 100 * (1 - rarest));
    return Number.isFinite(almost) ? almost : latencies.findLast(time => Number.isFinite(time))!;
  });
  return 1.12 * Math.max(...latest, ...slo.map(({ limit }) => limit));
}

export const timeAxis = { orient: 'bottom', scale: 'x', tickCount: 6, title: 'latency, ms' } as const;
