/** Predicts how a plan would do: its latency, what it costs, how busy it is, and where a query's time goes. */
import type { Group, Objective, Predicted } from '../pipelines/index.ts';
import { costOf } from './cost.ts';
import { allowedAbove, percentileOf } from './percentile.ts';
import type { Outcome } from './simulation/outcome.ts';
import { simulate, type SimulateOptions } from './simulation/simulate.ts';
import { deploy, type System } from './system.ts';
import type { Sample } from './workload/workload.ts';

/** One pool over all seeds. */
export interface PoolEstimate {
  hardware: string;
  batch: number;
  replicas: number;
  /** Share of the time its replicas are busy. */
  utilisation: number;
  /** Mean items of a batch; 0 if it ran none. */
  meanBatch: number;
  /** Share of the group's items it takes. */
  share: number;
}

export interface GroupEstimate {
  name: string;
  stages: readonly string[];
  utilisation: number;
  /** Most items that waited at a time, over all seeds. */
  mostWaiting: number;
  pools: readonly PoolEstimate[];
}

/** Means over all seeds, in milliseconds. */
export interface StageEstimate {
  name: string;
  /** Per query. */
  items: number;
  /** Per item; a stage that runs along with another of its group waits for nothing. */
  queue: number;
  service: number;
}

export interface Estimate {
  /** Whether every objective is met. */
  feasible: boolean;
  /** As the plan file has it. */
  predicted: Predicted;
  /** Of all seeds together, in milliseconds, ascending; dropped queries are Infinity. */
  latencies: Float64Array;
  groups: readonly GroupEstimate[];
  stages: readonly StageEstimate[];
  /** Share of the time the engine's main thread is busy. */
  main: number;
}

/** Milliseconds with three digits after the point. */
const rounded = (time: number): number => Math.round(time * 1000) / 1000;

/** @throws MillraceError if a pool's hardware is in no profile */
export function estimate(
  system: System,
  groups: readonly Group[],
  samples: readonly Sample[],
  slo: readonly Objective[],
  options: Pick<SimulateOptions, 'deadline'> = {},
): Estimate {
  const deployment = deploy(system, groups);
  const outcomes = samples.map(sample => simulate(system.structure, deployment, sample, options));
  const latencies = together(outcomes);
  const watched = slo[0]?.percentile ?? 99;
  const bySeed = outcomes.map(outcome => percentileOf(together([outcome]), watched));
  const groupEstimates = estimateGroups(system, groups, outcomes);
  const cost = costOf(system, groups);
  const percentiles = new Set([50, 95, 99, ...slo.map(({ percentile }) => percentile)]);
  return {
    feasible: isFeasible(latencies, slo),
    predicted: {
      ...Object.fromEntries(
        [...percentiles]
          .sort((a, b) => a - b)
          .map(percentile => [`p${percentile}`, rounded(percentileOf(latencies, percentile))]),
      ),
      spread: [rounded(Math.min(...bySeed)), rounded(Math.max(...bySeed))],
      ...(cost !== undefined && { cost }),
      utilisation: Object.fromEntries(
        groupEstimates.map(({ name, utilisation }) => [name, rounded(utilisation)]),
      ),
    },
    latencies,
    groups: groupEstimates,
    stages: estimateStages(system, outcomes),
    main: sum(outcomes.map(({ mainBusy }) => mainBusy)) / sum(outcomes.map(({ end }) => end)),
  };
}

/** Whether sorted latencies meet every objective. */
export function isFeasible(latencies: Float64Array, slo: readonly Objective[]): boolean {
  return slo.every(({ percentile, limit }) => {
    const above = latencies.length - countUpTo(latencies, limit);
    return above <= allowedAbove(percentile, latencies.length);
  });
}

/** How many of sorted values are at most `limit`. */
export function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function together(outcomes: readonly Outcome[]): Float64Array {
  const all = new Float64Array(sum(outcomes.map(({ latencies }) => latencies.length)));
  let at = 0;
  for (const { latencies } of outcomes) {
    all.set(latencies, at);
    at += latencies.length;
  }
  for (let i = 0; i < all.length; i++) if (Number.isNaN(all[i])) all[i] = Infinity;
  return all.sort();
}

function estimateGroups(
  system: System,
  groups: readonly Group[],
  outcomes: readonly Outcome[],
): GroupEstimate[] {
  const deployment = deploy(system, groups);
  const end = sum(outcomes.map(outcome => outcome.end));
  return groups.map(({ name, stages }, g) => {
    const simulated = deployment.groups[g]!.pools;
    const counts = simulated.map((_, p) => outcomes.map(outcome => outcome.pools[g]![p]!));
    const all = sum(counts.flat().map(({ items }) => items));
    const estimates = simulated.map(({ hardware, batch, replicas }, p): PoolEstimate => {
      const items = sum(counts[p]!.map(count => count.items));
      const batches = sum(counts[p]!.map(count => count.batches));
      return {
        hardware,
        batch,
        replicas,
        utilisation: sum(counts[p]!.map(({ busy }) => busy)) / (replicas * end),
        meanBatch: batches === 0 ? 0 : items / batches,
        share: all === 0 ? 0 : items / all,
      };
    });
    const replicas = sum(estimates.map(pool => pool.replicas));
    return {
      name,
      stages,
      utilisation: sum(estimates.map(pool => pool.utilisation * pool.replicas)) / replicas,
      mostWaiting: Math.max(...outcomes.map(outcome => outcome.groups[g]!.mostWaiting)),
      pools: estimates,
    };
  });
}

function estimateStages({ structure }: System, outcomes: readonly Outcome[]): StageEstimate[] {
  const queries = sum(outcomes.map(({ latencies }) => latencies.length));
  return structure.stages.map(({ name, index }) => {
    const items = sum(outcomes.map(({ stages }) => stages[index]!.items));
    const per = (total: number) => (items === 0 ? 0 : total / items);
    return {
      name,
      items: items / queries,
      queue: per(sum(outcomes.map(({ stages }) => stages[index]!.queue))),
      service: per(sum(outcomes.map(({ stages }) => stages[index]!.service))),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
