/** Predicts how a plan would do whose replicas the tuner changes, and which it replaces by others. */
import type { Objective } from '../../pipelines/index.ts';
import { costOf } from '../cost.ts';
import { countUpTo } from '../estimate.ts';
import { percentileOf } from '../percentile.ts';
import { simulate } from '../simulation/simulate.ts';
import { deploy } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { countedSearch } from './counted-search.ts';
import { fastestFirst } from './fastest-first.ts';
import { SimulatedTuner, type SimulatedDecision, type SimulatedTunerOptions } from './simulated-tuner.ts';
import type { Tuned } from './tuned.ts';

export interface TunedOptions extends Omit<SimulatedTunerOptions, 'search'> {
  /** Milliseconds after which a query is given up; by default none is. */
  deadline?: number | undefined;
  /** `countedSearch`, unless given. */
  search?: SimulatedTunerOptions['search'];
}

export interface TunedEstimate {
  /** Milliseconds of all seeds together, by percentile; of given up queries Infinity. */
  predicted: Readonly<Record<string, number>>;
  /** Share of the queries that miss each objective. */
  misses: readonly (Objective & { share: number })[];
  /** US dollars per hour on average, a replica from when it is asked for; undefined where one has no price. */
  cost: number | undefined;
  /** Of each seed. */
  decisions: readonly (readonly SimulatedDecision[])[];
}

/**
 * @param samples what arrives
 * @throws MillraceError if a pool's hardware is in no profile
 */
export function estimateTuned(
  tuned: Tuned,
  samples: readonly Sample[],
  { deadline, search = countedSearch(), ...options }: TunedOptions,
): TunedEstimate {
  const { system, plan } = tuned;
  const { slo } = plan;
  const groups = fastestFirst(system, plan.groups);
  const deployment = deploy(system, groups);
  const runs = samples.map(sample => {
    const tuner = new SimulatedTuner({ ...tuned, plan: { ...plan, groups } }, { ...options, search });
    const simulated = { controller: tuner, ...(deadline !== undefined && { deadline }) };
    const { latencies, end } = simulate(system.structure, deployment, sample, simulated);
    return { latencies, cost: tuner.cost.mean(end), decisions: tuner.decisions };
  });
  const latencies = Float64Array.from(
    runs.flatMap(run => [...run.latencies].map(latency => (Number.isNaN(latency) ? Infinity : latency))),
  ).sort();
  const percentiles = [...new Set([50, 95, 99, ...slo.map(({ percentile }) => percentile)])];
  return {
    predicted: Object.fromEntries(
      percentiles
        .toSorted((a, b) => a - b)
        .map(percentile => [`p${percentile}`, percentileOf(latencies, percentile)]),
    ),
    misses: slo.map(objective => ({
      ...objective,
      share: 1 - countUpTo(latencies, objective.limit) / latencies.length,
    })),
    cost:
      costOf(system, groups) === undefined
        ? undefined
        : runs.reduce((sum, { cost }) => sum + cost, 0) / runs.length,
    decisions: runs.map(run => run.decisions),
  };
}
