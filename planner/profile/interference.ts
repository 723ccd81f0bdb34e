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
  if (interference.length === 0) return batches;
  const longer = { mean: 0, quantiles: interference };
  return batches.map(times => {
    const known = [...times.quantiles, ...interference].map(({ percentage }) => percentage);
    let most = 0;
    const quantiles = [...new Set(known)]
      .sort((a, b) => a - b)
      .map(percentage => {
        most = Math.max(most, timeAt(times, percentage / 100) + timeAt(longer, percentage / 100));
        return { percentage, time: most };
      });
    return { ...times, quantiles };
  });
}
