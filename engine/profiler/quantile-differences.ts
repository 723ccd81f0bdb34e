/** By how much the quantiles of one lot of times are above those of another. */
import type { Quantile } from '../../operators/index.ts';
import { quantile } from './order-statistics.ts';
import { rounded } from './repetitions.ts';

/** Percentages of the quantiles that are compared, as far as batches were seen beyond them. */
const percentages = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.8, 99.9];

/** Fewer batches than this tell a mean, and no quantiles. */
export const fewBatches = 100;

/**
 * In ascending order of percentage; may be below 0.
 * @param times at least `fewBatches`
 * @param base as many, or what they are at a share from 0 to 1
 */
export function differences(
  times: readonly number[],
  base: readonly number[] | ((share: number) => number),
): Quantile[] {
  const sorted = times.toSorted((a, b) => a - b);
  const known = typeof base === 'function' ? null : base.toSorted((a, b) => a - b);
  const baseAt = typeof base === 'function' ? base : (share: number) => quantile(known!, 100 * share);
  const count = Math.min(sorted.length, known?.length ?? Infinity);
  return percentages
    .filter(percentage => (1 - percentage / 100) * count >= 1)
    .map(percentage => ({
      percentage,
      time: rounded(quantile(sorted, percentage) - baseAt(percentage / 100)),
    }));
}
