/** The fan-outs of a pipeline: which per-item stages belong together, and how many items a query has of each. */
import type { Reference, Stage } from '../../pipelines/index.ts';
import type { Scale } from '../profile/profile.ts';

/** Items that belong together by index: one list of a stage, and all that is made of it item by item. */
export interface FanOut {
  /** How many items a query has; the mean is that of queries that have the list at all. */
  scale: Scale;
  /** The most that a query has. */
  width: number;
}

const keyOf = (reference: Reference): string =>
  reference.kind === 'port' ? `${reference.stage}.${reference.port}` : `inputs.${reference.name}`;

/** The fan-out each per-item stage is of: stages are of one if an `each` names their lists or outputs together. */
export function fanOutNumbers(stages: readonly Stage[]): number[] {
  const parents = new Map<string, string>();
  const root = (key: string): string => {
    const parent = parents.get(key) ?? key;
    return parent === key ? key : root(parent);
  };
  // What a per-item stage gives is of the fan-out of its lists; `STAGE` stands for all of its outputs.
  const perItem = new Set(stages.filter(({ each }) => each).map(({ name }) => name));
  const nodeOf = (reference: Reference): string =>
    reference.kind === 'port' && perItem.has(reference.stage) ? reference.stage : keyOf(reference);
  for (const { name, each } of stages) {
    for (const reference of Object.values(each ?? {}).flat())
      parents.set(root(nodeOf(reference)), root(name));
  }
  const numbers = new Map<string, number>();
  return stages.map(({ name, each }) => {
    if (!each) return -1;
    const key = root(name);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}

/** Share of the queries in which a per-item stage gets its lists. Stages in topological order. */
function presences(stages: readonly Stage[], scales: ReadonlyMap<string, Scale>): Map<string, number> {
  const shares = new Map<string, number>();
  const shareOf = (reference: Reference): number =>
    reference.kind === 'port'
      ? (shares.get(reference.stage) ?? Math.min(1, scales.get(reference.stage)?.mean ?? 1))
      : 1;
  for (const { name, each } of stages) {
    if (!each) continue;
    const lists = Object.values(each).map(sources => Math.max(...sources.map(shareOf)));
    shares.set(name, Math.min(...lists));
  }
  return shares;
}

/** In each observed query as many items as the stage of the fan-out got that had the most: others have conditions. */
function largest(samples: readonly (readonly number[])[]): number[] {
  return samples[0]!.map((_, query) => Math.max(...samples.map(counts => counts[query]!)));
}

/** @param scales items per query of each stage, by name */
export function fanOutsOf(stages: readonly Stage[], scales: ReadonlyMap<string, Scale>): FanOut[] {
  const numbers = fanOutNumbers(stages);
  const shares = presences(stages, scales);
  return Array.from({ length: Math.max(-1, ...numbers) + 1 }, (_, fanOut): FanOut => {
    const members = stages.filter((_, index) => numbers[index] === fanOut).map(({ name }) => name);
    const means = members.map(name => (scales.get(name)?.mean ?? 1) / (shares.get(name)! || 1));
    const mean = Math.max(...means);
    const sampled = members.map(name => scales.get(name)?.samples ?? []);
    // Only samples of as many queries can be of the same ones.
    const queries = Math.max(...sampled.map(({ length }) => length));
    if (queries === 0) return { scale: { mean, samples: [] }, width: Math.ceil(mean) };
    const samples = largest(sampled.filter(({ length }) => length === queries));
    const ofArrivals = members.some(name => scales.get(name)?.ofArrivals);
    return {
      scale: { mean, samples, ofArrivals },
      width: samples.reduce((most, count) => Math.max(most, count), 0),
    };
  });
}
