/** Percentiles by nearest rank. */

/** How many of `count` values may lie above the percentile's limit with the limit still met. */
export function allowedAbove(percentile: number, count: number): number {
  return count - rankOf(percentile, count);
}

/** Rank of a percentile, from 1: the smallest whose share of the values is at least that. */
export function rankOf(percentile: number, count: number): number {
  // 99.9 / 100 * 1000 is a hair over 999: what binary fractions add must not add a rank.
  return Math.max(1, Math.ceil((percentile * count) / 100 - 1e-9));
}

/** @param sorted ascending; at least one */
export function percentileOf(sorted: ArrayLike<number>, percentile: number): number {
  return sorted[rankOf(percentile, sorted.length) - 1]!;
}
