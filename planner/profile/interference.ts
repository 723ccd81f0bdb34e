/** What batches take among a pipeline's other stages, from what they take alone. */
import { timeAt, type BatchTimes, type Quantile } from '../../operators/index.ts';

/**
 * Each batch size's times, longer at each quantile by as much as batches of one were there; shorter where that is below 0,
 * but never less than nothing, nor less than at a lower quantile.
 * @param interference in ascending order of percentage; empty: none
 */
export function amongOthers(
  batches: readonly BatchTimes[],
  interference: readonly Quantile[],
): readonly BatchTimes[] {
  return batches.map(times => lengthen(times, interference, more => more));
}

/**
 * Each batch size's times while all other cores are busy. What is in a batch's way is now a short task, now another batch
 * whose core it shares: a batch that takes several times as long meets as much more of either, up to a core shared for all of
 * it. What holds even a batch of one up for longer than that is nothing of theirs, and adds as much to every size.
 * @param crowded how much longer a batch of one is, in ascending order of percentage; empty: not at all
 */
export function whenCrowded(
  batches: readonly BatchTimes[],
  crowded: readonly Quantile[],
): readonly BatchTimes[] {
  const one = timeAt(batches[0]!, 0.5);
  return batches.map(times => {
    const usual = timeAt(times, 0.5);
    return lengthen(times, crowded, more => {
      if (more > one) return Math.max(more, usual);
      return more === 0 ? 0 : (more * usual) / one;
    });
  });
}

/** Times that are longer at each quantile, by what is made of a curve there; never less than at a lower quantile. */
function lengthen(
  times: BatchTimes,
  curve: readonly Quantile[],
  moreOf: (more: number) => number,
): BatchTimes {
  if (curve.length === 0) return times;
  const longer = { mean: 0, quantiles: curve };
  const known = [...times.quantiles, ...curve].map(({ percentage }) => percentage);
  let most = 0;
  const quantiles = [...new Set(known)]
    .sort((a, b) => a - b)
    .map(percentage => {
      most = Math.max(most, timeAt(times, percentage / 100) + moreOf(timeAt(longer, percentage / 100)));
      return { percentage, time: most };
    });
  return { ...times, quantiles };
}
