/**
 * The coarse-grained baseline of InferLine's evaluation (Crankshaw et al., SoCC 2020, section 6): the pipeline is a
 * black box that is replicated as one unit on one kind of hardware, with one batch size.
 */
import { longestPath, type Case } from './cases.ts';
import { costOfPools, type StagePool } from './judge.ts';

export interface CoarseGrained {
  /** Sized for the mean rate. */
  mean: StagePool[];
  /** Sized for the highest rate within a window as long as the objective's limit. */
  peak: StagePool[];
}

/** Each sized with the hardware and batch size that are cheapest for it; null if no unit is as fast as the objective. */
export function planCoarsely(of: Case): CoarseGrained | null {
  const { system, samples, slo } = of;
  const limit = Math.min(...slo.map(objective => objective.limit));
  const spans = samples.map(({ arrivals }) => (arrivals.length - 1) / (arrivals.at(-1)! - arrivals[0]!));
  const mean = spans.reduce((sum, rate) => sum + rate, 0) / spans.length;
  const peak = Math.max(...samples.map(({ arrivals }) => peakRate(arrivals, limit)));
  const units = system.types.flatMap(type => unitsOn(of, type, limit));
  const sized = (rate: number) =>
    units
      .map(({ pools, throughput }) => {
        const replicas = Math.max(1, Math.ceil(rate / throughput));
        return pools.map(pool => ({ ...pool, replicas }));
      })
      .reduce((best, pools) => (costOfPools(of, pools) < costOfPools(of, best) ? pools : best));
  return units.length === 0 ? null : { mean: sized(mean), peak: sized(peak) };
}

interface Unit {
  pools: Omit<StagePool, 'replicas'>[];
  /** Queries per millisecond. */
  throughput: number;
}

/** The unit with each batch size that it goes through in time. */
function unitsOn({ system }: Case, type: string, limit: number): Unit[] {
  const { structure, types, timesOf, batchesOf } = system;
  const hardware = structure.stages.map(({ name }) => {
    // What a stage can't run on is replaced by the fastest that it can.
    const able = types.filter(other => timesOf(name, other));
    const time = (other: string) => timesOf(name, other)!.mean(1);
    return timesOf(name, type)
      ? type
      : able.reduce((best, other) => (time(other) < time(best) ? other : best));
  });
  const sizes = new Set(structure.stages.flatMap(({ name }, s) => batchesOf(name, hardware[s]!)));
  return [...sizes].flatMap(size => {
    const times = structure.stages.map(({ name }, s) => {
      const of = timesOf(name, hardware[s]!)!;
      const batch = Math.min(size, of.largest);
      return { batch, time: of.mean(batch) };
    });
    if (longestPath(system, stage => times[stage]!.time) > limit) return [];
    const throughput = Math.min(
      ...times.map(({ batch, time }, s) => batch / (time * structure.stages[s]!.scale.mean)),
    );
    return [{ pools: times.map(({ batch }, s) => ({ hardware: hardware[s]!, batch })), throughput }];
  });
}

/** Most arrivals within any window, over its length. @param window milliseconds */
function peakRate(arrivals: Float64Array, window: number): number {
  let most = 0;
  for (let first = 0, end = 0; end < arrivals.length; end++) {
    while (arrivals[first]! < arrivals[end]! - window) first++;
    most = Math.max(most, end - first + 1);
  }
  return most / window;
}
