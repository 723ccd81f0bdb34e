/** Figures as people read them. */
import { formatDuration } from '../../operators/index.ts';
import type { Group, Objective, Pool } from '../../pipelines/index.ts';
import type { Workload } from '../workload/workload.ts';

/** Three significant digits, and all digits before the point. */
function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** US dollars per hour: `$0.785/h`. */
export function formatCost(cost: number): string {
  return `$${formatDollars(cost)}/h`;
}

/** US dollars, with as many digits as prices have: `4.13`, `0.0425`. */
export function formatDollars(cost: number): string {
  return cost >= 100 ? cost.toFixed(0) : cost >= 1 ? cost.toFixed(2) : String(Number(cost.toPrecision(3)));
}

/** A share as a percentage: `61.4 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Queries per second: `55.6/s`. */
export function formatRate(rate: number): string {
  return `${digits(rate)}/s`;
}

/** A number of things: `30,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A mean number of things: `9.1`. */
export function formatMean(mean: number): string {
  return digits(mean);
}

/** A latency; a query that is dropped has none. */
export function formatLatency(ms: number): string {
  return Number.isFinite(ms) ? formatDuration(ms) : 'dropped';
}

/** An objective: `p99 ≤ 400 ms`. */
export function formatObjective({ percentile, limit }: Objective): string {
  return `p${percentile} ≤ ${formatDuration(limit)}`;
}

/** A pool: `3 × cpu, batch 8`. */
export function formatPool({
  hardware,
  batch,
  replicas,
}: Pick<Pool, 'hardware' | 'batch' | 'replicas'>): string {
  return `${replicas} × ${hardware}, batch ${batch}`;
}

/** A group's pools: `1 × t4, batch 8; 3 × cpu, batch 1`. */
export function formatPools({ pools }: Pick<Group, 'pools'>): string {
  return pools.map(formatPool).join('; ');
}

/** What arrives: `55.6 queries/s, CV 0.24, 3 × 30,000 queries`. */
export function formatWorkload(workload: Workload): string {
  const queries = workload.kind === 'trace' ? workload.arrivals.length : workload.queries;
  const drawn = `${workload.seeds} × ${formatCount(queries)} queries`;
  const arrivals = workload.kind === 'trace' ? `as in ${workload.file}` : `CV ${digits(workload.cv)}`;
  return `${digits(workload.rate)} queries/s, ${arrivals}, ${drawn}`;
}
