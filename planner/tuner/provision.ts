/** What a plan provides, as the tuner sees it: for which arrivals, and how much each group of it can do. */
import type { Group } from '../../pipelines/index.ts';
import { remainingTimes } from '../remaining.ts';
import type { System } from '../system.ts';
import { describeArrivals } from '../workload/describe.ts';
import { envelopeOf, envelopeWindows } from './envelope.ts';
import type { Tuned } from './tuned.ts';

export interface ProvidedPool {
  hardware: string;
  /** As planned. */
  replicas: number;
  /** Processor threads of a busy replica. */
  threads: number;
  /** US dollars per replica and hour; 0 where that is not known. */
  price: number;
  /** Milliseconds of a replica per item, with full batches, by the stage's place in the group. */
  perItem: readonly number[];
}

export interface ProvidedGroup {
  name: string;
  /** By number. */
  stages: readonly number[];
  pools: readonly ProvidedPool[];
  /** Queries per second that the planned replicas do with full batches. */
  capacity: number;
}

export interface Provision {
  /** Names, and items per query, by number of the stage. */
  stages: readonly { name: string; scale: number }[];
  groups: readonly ProvidedGroup[];
  /** Milliseconds. */
  windows: readonly number[];
  /** Of the workload that the plan is for: most queries in a window of each length. */
  envelope: Float64Array;
  /**
   * Milliseconds that a query may wait. As long as the plan lets one wait where arrivals keep to the envelope: the largest
   * horizontal distance between the envelope and what the slowest group can do, which is network calculus' bound of
   * delay; a burst waits once, at the slowest, since the others get it as that lets it through. But at least half of what
   * the objective leaves beside service times: a plan that is far within its objective need not stay so.
   */
  slack: number;
  /** Of the same: queries per second, and CV of the gaps. */
  rate: number;
  cv: number;
  /** Most replicas of a hardware type. */
  limits: Readonly<Record<string, number>>;
  /** Machines whose cores several hardware types share. */
  hosts: readonly { name: string; cores: number; types: readonly string[] }[];
}

/** @param tuned at least one sample that its plan is for, with two queries at different times; the highest SLO counts */
export function provisionOf({ system, plan, planned }: Omit<Tuned, 'profiles'>): Provision {
  const { groups, slo } = plan;
  const stages = system.structure.stages.map(({ name, scale }) => ({ name, scale: scale.mean }));
  const service = serviceTime(system, groups);
  const windows = envelopeWindows(service);
  const left = (slo.at(-1)?.limit ?? 0) - service;
  const envelope = planned
    .map(({ arrivals }) => envelopeOf(arrivals, windows))
    .reduce((most, counts) => most.map((count, w) => Math.max(count, counts[w]!)));
  const described = planned.map(({ arrivals }) => describeArrivals(arrivals));
  const provided = groups.map(group => provide(system, group));
  return {
    stages,
    groups: provided,
    windows,
    envelope,
    slack: Math.max(left / 2, slackOf(windows, envelope, provided)),
    rate: mean(described.map(each => each.rate)),
    cv: mean(described.map(each => each.cv)),
    limits: system.hardware.limits,
    hosts: Object.entries(system.hardware.hosts).map(([name, host]) => ({ name, ...host })),
  };
}

function provide(system: System, { name, stages, pools }: Group): ProvidedGroup {
  const members = system.structure.stages.filter(stage => stages.includes(stage.name));
  const names = members.map(member => member.name);
  const numbers = members.map(({ index }) => index);
  const scales = system.structure.stages.map(({ scale }) => scale.mean);
  const provided = pools.map(({ hardware, batch, replicas }): ProvidedPool => {
    const handover = system.wakeOf(names, hardware);
    const times = names.map(stage => system.timesOf(stage, hardware)!.mean(batch));
    return {
      hardware,
      replicas,
      threads: system.threadsOf(names, hardware),
      price: system.typeOf(hardware)?.price ?? 0,
      perItem: times.map((time, place) => (time + (place === 0 ? handover : 0)) / batch),
    };
  });
  const capacity = provided.reduce(
    (sum, pool) => sum + pool.replicas * throughputOf(pool, numbers, scales),
    0,
  );
  return { name, stages: numbers, pools: provided, capacity };
}

/** @param groups with the queries per second that each can do */
export function slackOf(
  windows: readonly number[],
  envelope: Float64Array,
  groups: readonly Pick<ProvidedGroup, 'capacity'>[],
): number {
  const least = Math.min(...groups.map(({ capacity }) => capacity));
  return Math.max(0, ...windows.map((window, w) => (1000 * envelope[w]!) / least - window));
}

/**
 * Queries per second that one replica does with full batches.
 *
 * @param stages of the group, by number
 * @param scales items per query, by number of the stage
 * @param slower how many times longer than profiled each stage takes, by its number; absent: as profiled
 */
export function throughputOf(
  { perItem }: Pick<ProvidedPool, 'perItem'>,
  stages: readonly number[],
  scales: ArrayLike<number>,
  slower?: ArrayLike<number>,
): number {
  const time = stages.reduce(
    (sum, stage, place) => sum + scales[stage]! * perItem[place]! * (slower?.[stage] ?? 1),
    0,
  );
  return time > 0 ? 1000 / time : Infinity;
}

/** Milliseconds of a query that meets no other: the longest way through the stages, each on its fastest pool. */
function serviceTime({ structure, timesOf }: System, groups: readonly Group[]): number {
  const groupOf = structure.stages.map(({ name }) => groups.findIndex(({ stages }) => stages.includes(name)));
  const times = structure.stages.map(({ name, index }) =>
    Math.min(...groups[groupOf[index]!]!.pools.map(({ hardware }) => timesOf(name, hardware)!.mean(1))),
  );
  return Math.max(...remainingTimes(structure.stages, groupOf, times).from);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
