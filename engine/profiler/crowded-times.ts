/** How much longer stages take while all cores are busy, from batches of one that were seen in a pipeline's queries. */
import type { Quantile } from '../../operators/index.ts';
import type { CrowdedBatch, CrowdedGroup } from './crowded-batches.ts';
import type { InPlace } from './in-place.ts';
import type { LoneGroup } from './lone-batches.ts';
import { median } from './order-statistics.ts';
import { differences, fewBatches } from './quantile-differences.ts';
import { longestOf, standForAll } from './seen-batches.ts';

/**
 * How much longer each stage's batches of one take while all cores are busy than in a lone query, at each quantile; nothing
 * of stages of which too few were seen.
 */
export function crowdedTimes(inPlace: InPlace | null): ReadonlyMap<string, readonly Quantile[]> {
  const { groups, crowded } = inPlace ?? { groups: [], crowded: [] };
  return new Map(
    crowded.flatMap(group => {
      const alone = groups.find(({ stages }) => stages.join() === group.stages.join());
      return alone ? [...timesOf(alone, group)] : [];
    }),
  );
}

function timesOf(alone: LoneGroup, crowded: CrowdedGroup): Map<string, readonly Quantile[]> {
  const times = new Map<string, readonly Quantile[]>();
  if (!standForAll(alone) || !standForAll(crowded)) return times;
  const usual = median(alone.batches.map(({ handover }) => handover));
  const longest = longestOf(alone.batches, alone.stages.length);
  for (const [stage, name] of alone.stages.entries()) {
    // What handing over takes now longer, now less long, the longest has to stand for.
    const seen = (batches: readonly CrowdedBatch[]) =>
      batches.flatMap(({ times, handover }) => {
        const time = times[stage];
        return time === null ? [] : [time! + (stage === longest ? handover - usual : 0)];
      });
    const [less, more] = [seen(alone.batches), seen(crowded.batches)];
    if (Math.min(less.length, more.length) < fewBatches) continue;
    const longer = differences(more, less).map(({ percentage, time }) => ({
      percentage,
      time: Math.max(0, time),
    }));
    times.set(name, longer);
  }
  return times;
}
