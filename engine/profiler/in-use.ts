/**
 * What stages take among others, and batches beside them, from batches of one that were seen in a pipeline's queries.
 *
 * A batch that is alone there takes what its stages take alone, what the rest before it costs, and something more or less:
 * others have used the caches since, and the system has put threads elsewhere. It differs from batch to batch, and what is
 * rare holds up the most, so it is kept as the difference of quantiles.
 */
import { timeAt, type BatchTimes, type Quantile } from '../../operators/index.ts';
import { longerAfter, type Rested } from '../../planner/index.ts';
import type { BatchCosts } from './batch-costs.ts';
import type { LoneBatch, LoneGroup } from './lone-batches.ts';
import { median } from './order-statistics.ts';
import { differences, fewBatches } from './quantile-differences.ts';
import { rounded } from './repetitions.ts';
import { longestOf, standForAll } from './seen-batches.ts';

/** What was measured of a stage alone. */
export interface AloneStage {
  batches: readonly BatchTimes[];
  rested?: readonly Rested[];
}

export interface InUse {
  /** Milliseconds that a batch costs its replica beside its stages. */
  wake: number;
  /** By how much the stage's times are longer there; none where too little of it was seen. */
  interference?: readonly Quantile[];
  /** How much longer batches take there after rests; none where too little of it was seen. */
  rested?: readonly Rested[];
}

/** Milliseconds of rest between which batches are taken together, and the fewest that tell something. */
const binEdges = [0.7, 1.5, 3, 6, 12, 24, 48];
const fewRested = 10;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Of each stage of a group.
 * @param alone by stage
 * @param costs main-thread milliseconds, which are not its replicas'
 */
export function inUse(
  group: LoneGroup,
  alone: Readonly<Record<string, AloneStage>>,
  { hop, item }: BatchCosts,
): Map<string, InUse> {
  const { stages, batches } = group;
  const there = restedThere(group);
  const rested = stages.map((name, stage) => there[stage] ?? alone[name]?.rested ?? []);
  const longerFor = (stage: number, what: 'time' | 'wake', wait: number) =>
    longerAfter(
      rested[stage]!.map(({ rest, [what]: more }) => ({ rest, more })),
      wait,
    );
  // As if no replica had rested.
  const besides = batches.map(
    ({ rest, beside }) => beside - Math.max(...stages.map((_, stage) => longerFor(stage, 'wake', rest))),
  );
  const times = stages.map((_, stage) =>
    batches.map(({ times, rest }) => {
      const time = times[stage]!;
      return time === null ? null : time - longerFor(stage, 'time', rest);
    }),
  );
  const usual = median(besides);
  const own = usual - hop - item;
  const longest = longestOf(batches, stages.length);
  return new Map(
    stages.map((name, stage) => {
      // Handing a batch over takes now this long, now that: its stages differ by it, and the longest has to stand for them.
      const more = (batch: number) => besides[batch]! - usual + Math.min(0, own);
      const seen = times[stage]!.flatMap((time, batch) =>
        time === null ? [] : [time + (stage === longest ? more(batch) : 0)],
      );
      const [one] = alone[name]?.batches ?? [];
      const isTold = one && seen.length > 0 && standForAll(group);
      return [
        name,
        {
          wake: rounded(Math.max(0, own)),
          ...(isTold && { interference: differenceOf(seen, one) }),
          ...(there[stage] && { rested: there[stage] }),
        },
      ] as const;
    }),
  );
}

/**
 * How much longer batches took after rests than without, by stage; empty if too few of them say so. The inputs are the same,
 * but for those of a fan-out, whose replicas rest before the first only.
 */
function restedThere({ stages, batches, rested }: LoneGroup): Rested[][] {
  const hot = median(batches.map(({ rest }) => rest));
  const bins = binEdges.slice(0, -1).flatMap((edge, at) => {
    const those = rested.filter(({ rest }) => rest >= edge && rest < binEdges[at + 1]!);
    const isLonger = edge > 2 * hot;
    return isLonger && those.length >= fewRested ? [those] : [];
  });
  if (bins.length === 0) return [];
  const besides = (of: readonly LoneBatch[]) => median(of.map(({ beside }) => beside));
  return stages.map((_, stage) => {
    const timeOf = (of: readonly LoneBatch[]) => {
      const times = of.flatMap(({ times }) => times[stage] ?? []);
      return times.length > 0 ? median(times) : 0;
    };
    let [time, wake] = [0, 0];
    return bins.map(bin => {
      time = Math.max(time, rounded(timeOf(bin) - timeOf(batches)));
      wake = Math.max(wake, rounded(besides(bin) - besides(batches)));
      return { rest: rounded(median(bin.map(({ rest }) => rest))), time, wake };
    });
  });
}

/** By how much times are longer than those of batches of one alone: at each quantile, or on average if they are few. */
function differenceOf(times: readonly number[], alone: BatchTimes): Quantile[] {
  if (times.length < fewBatches) return [{ percentage: 50, time: rounded(mean(times) - alone.mean) }];
  return differences(times, share => timeAt(alone, share));
}
