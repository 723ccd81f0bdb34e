/** The figures that matter most, and what was proved. */
import type { Objective, Search } from '../../pipelines/index.ts';
import {
  formatCost,
  formatCount,
  formatLatency,
  formatObjective,
  formatRate,
  formatShare,
} from './format.ts';
import type { ReportPlan } from './report.ts';
import type { Headroom } from './headroom.ts';

/** Whether the objective is met, as a sentence without its full stop; undefined without an objective. */
export function tellVerdict({ estimate }: ReportPlan, slo: readonly Objective[]): string | undefined {
  if (slo.length === 0) return undefined;
  return `${estimate.feasible ? 'meets' : 'misses'} the SLO: ${slo.map(formatObjective).join(', ')}`;
}

/** What the search found out about the cost of a plan; undefined where none is known. */
export function tellSearch(
  { space, optimal, bound, margin, evaluated, seconds, 'single-pool': single }: Search,
  cost?: number,
): string | undefined {
  const scope = [
    ...(space === undefined ? [] : [`space: ${space}`]),
    ...(margin === undefined ? [] : [`margin: ${formatShare(margin)} of the SLO`]),
  ];
  const within = scope.length > 0 ? ` (${scope.join('; ')})` : '';
  const effort =
    evaluated === undefined || seconds === undefined
      ? ''
      : `; ${formatCount(evaluated)} simulation${evaluated === 1 ? '' : 's'} in ${seconds.toFixed(1)} s`;
  if (optimal === true) return `proved to be the cheapest plan${within}${effort}`;
  if (bound === undefined || cost === undefined) return undefined;
  const gap = cost > 0 ? `, a gap of ${formatShare(1 - bound / cost)}` : '';
  const part = tellSinglePool(single);
  return `the best plan found${within}; none costs less than ${formatCost(bound)}${gap}${part}${effort}`;
}

/** What was proved of the plans with one pool per stage, which are searched first. */
function tellSinglePool(single: unknown): string {
  if (typeof single !== 'object' || single === null) return '';
  const { cost, optimal } = single as { cost?: number; optimal?: boolean };
  if (optimal !== true || cost === undefined) return '';
  return `; with one pool per stage, ${formatCost(cost)} is proved to be the least`;
}

/** A figure by its name, and what is to be added to it in small print. */
export interface Headline {
  name: string;
  figure: string;
  detail?: string;
}

/** Cost, latency at the objective, replicas, and how far the rate may grow. */
export function headlinesOf(
  { groups, estimate }: ReportPlan,
  slo: readonly Objective[],
  { highest, rate }: Headroom,
): Headline[] {
  const { predicted } = estimate;
  const watched = slo[0]?.percentile ?? 99;
  const [lowest, most] = predicted.spread!;
  const replicas = groups.flatMap(({ pools }) => pools).reduce((sum, pool) => sum + pool.replicas, 0);
  const busiest = estimate.groups.toSorted((a, b) => b.utilisation - a.utilisation)[0]!;
  const shown = new Set([watched, 50]);
  return [
    ...(predicted.cost === undefined
      ? []
      : [
          {
            name: 'cost',
            figure: formatCost(predicted.cost),
            detail: `$${(predicted.cost * 730).toFixed(0)} a month`,
          },
        ]),
    ...[...shown].map(percentile => ({
      name: `p${percentile}`,
      figure: formatLatency(predicted[`p${percentile}`] as number),
      ...(percentile === watched && { detail: `${formatLatency(lowest)} to ${formatLatency(most)} by seed` }),
    })),
    {
      name: 'replicas',
      figure: formatCount(replicas),
      detail: `in ${groups.length} group${groups.length === 1 ? '' : 's'}`,
    },
    { name: 'busiest group', figure: formatShare(busiest.utilisation), detail: busiest.name },
    ...(highest === null
      ? []
      : [
          {
            name: 'holds up to',
            figure: formatRate(highest),
            detail: `${(highest / rate).toFixed(2)} times the rate`,
          },
        ]),
  ];
}
