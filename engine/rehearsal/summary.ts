/** What a rehearsal measured, and what was predicted of it, in the same words. */
import type { Group, Objective } from '../../pipelines/index.ts';
import {
  estimate,
  percentileOf,
  type EngineCost,
  type Sample,
  type StageEstimate,
  type System,
} from '../../planner/index.ts';
import type { Rehearsal } from './rehearse.ts';

/** Times in milliseconds. */
export interface Summary {
  mean: number;
  /** By name: p50, p95, p99 and those that have an objective. */
  percentiles: Readonly<Record<string, number>>;
  /** Share of the time that a group's replicas are busy, by name. */
  utilisation: Readonly<Record<string, number>>;
  stages: readonly StageEstimate[];
}

/**
 * The system as it is in a rehearsal on this machine: the engine costs what was measured here, and no replica slows
 * another or itself by waiting, since emulated ones use next to no processor.
 */
export function asRehearsed(system: System, { query, hop, wake }: EngineCost): System {
  return {
    ...system,
    hardware: { ...system.hardware, hosts: {} },
    hosts: [],
    hostOf: () => -1,
    engine: { query, hop },
    wakeOf: () => wake,
    crowdedOf: () => undefined,
    restedOf: () => [],
  };
}

/** What is predicted of all samples together, with a system such as `asRehearsed` gives. */
export function predict(
  system: System,
  groups: readonly Group[],
  samples: readonly Sample[],
  slo: readonly Objective[],
): Summary {
  const { latencies, groups: estimates, stages } = estimate(system, groups, samples, slo);
  return {
    ...latencySummary(latencies, slo),
    utilisation: Object.fromEntries(estimates.map(({ name, utilisation }) => [name, utilisation])),
    stages,
  };
}

/** What was measured in rehearsals of one plan, one for each sample. */
export function summarise(rehearsals: readonly Rehearsal[], slo: readonly Objective[]): Summary {
  const latencies = Float64Array.from(rehearsals.flatMap(({ latencies }) => [...latencies]));
  const end = sum(rehearsals.map(rehearsal => rehearsal.end));
  return {
    ...latencySummary(latencies.sort(), slo),
    utilisation: Object.fromEntries(
      rehearsals[0]!.groups.map(({ name, hardware }, g) => {
        const busy = sum(rehearsals.flatMap(({ groups }) => groups[g]!.hardware.map(work => work.busy)));
        return [name, busy / (end * sum(hardware.map(({ replicas }) => replicas)))];
      }),
    ),
    stages: rehearsals[0]!.stages.map(({ name }, s) => {
      const items = sum(rehearsals.map(({ stages }) => stages[s]!.items));
      const per = (total: number) => (items === 0 ? 0 : total / items);
      return {
        name,
        items: items / latencies.length,
        queue: per(sum(rehearsals.map(({ stages }) => stages[s]!.queue))),
        service: per(sum(rehearsals.map(({ stages }) => stages[s]!.service))),
      };
    }),
  };
}

/** @param sorted at least one, ascending */
function latencySummary(
  sorted: Float64Array,
  slo: readonly Objective[],
): Pick<Summary, 'mean' | 'percentiles'> {
  const percentiles = new Set([50, 95, 99, ...slo.map(({ percentile }) => percentile)]);
  return {
    mean: sorted.reduce((total, latency) => total + latency, 0) / sorted.length,
    percentiles: Object.fromEntries(
      [...percentiles].sort((a, b) => a - b).map(p => [`p${p}`, percentileOf(sorted, p)]),
    ),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
