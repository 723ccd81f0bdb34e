/** Two plans side by side. */
import { formatDollars, formatLatency, formatPools, formatShare } from './format.ts';
import type { ReportPlan } from './report.ts';

/** What one plan has, what the other has, and by how much the second is more; empty where that can't be said. */
export interface ComparedRow {
  name: string;
  figures: [string, string];
  difference: string;
}

/** A change as a percentage: `+12.5 %`. */
function change(from: number, to: number): string {
  if (!(from > 0) || !Number.isFinite(to)) return '';
  const percent = 100 * (to / from - 1);
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function replicasOf({ groups }: ReportPlan): number {
  return groups.flatMap(({ pools }) => pools).reduce((sum, { replicas }) => sum + replicas, 0);
}

/** What a stage runs on, and along with which others. */
function placeOf({ groups }: ReportPlan, stage: string): string {
  const group = groups.find(({ stages }) => stages.includes(stage))!;
  const others = group.stages.length - 1;
  const along = others === 0 ? '' : `, with ${others} other${others === 1 ? '' : 's'}`;
  return `${formatPools(group)}${along}`;
}

/** Cost, latencies and the busiest group of two plans, and where each stage runs. */
export function comparePlans(plan: ReportPlan, other: ReportPlan): ComparedRow[] {
  const figures = (
    name: string,
    of: (plan: ReportPlan) => number | undefined,
    format: (value: number) => string,
  ) => {
    const [before, after] = [of(plan), of(other)];
    if (before === undefined && after === undefined) return [];
    const said = (value: number | undefined) => (value === undefined ? 'no price' : format(value));
    const difference = before === undefined || after === undefined ? '' : change(before, after);
    return [{ name, figures: [said(before), said(after)] as [string, string], difference }];
  };
  const percentiles = Object.keys(plan.estimate.predicted).filter(name => /^p\d/.test(name));
  const busiest = ({ estimate }: ReportPlan) =>
    Math.max(...estimate.groups.map(({ utilisation }) => utilisation));
  const places = plan.estimate.stages.map(({ name }): ComparedRow => {
    const [mine, theirs] = [placeOf(plan, name), placeOf(other, name)];
    return { name, figures: [mine, theirs], difference: mine === theirs ? '' : 'differs' };
  });
  return [
    ...figures('USD per hour', ({ estimate }) => estimate.predicted.cost, formatDollars),
    ...percentiles.flatMap(name =>
      figures(name, ({ estimate }) => estimate.predicted[name] as number, formatLatency),
    ),
    ...figures('replicas', replicasOf, String),
    ...figures('busiest group', busiest, formatShare),
    ...places,
  ];
}
