/** What sorted times say of the distribution that they were drawn from. */

/**
 * A quantile, interpolated linearly between order statistics: type 7 of Hyndman and Fan, "Sample Quantiles in
 * Statistical Packages", The American Statistician 50 (1996).
 * @param sorted at least one value, ascending
 * @param percentage 0 to 100
 */
export function quantile(sorted: readonly number[], percentage: number): number {
  const rank = (percentage / 100) * (sorted.length - 1);
  const below = Math.floor(rank);
  const lower = sorted[below]!;
  return lower + (rank - below) * ((sorted[below + 1] ?? lower) - lower);
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    50,
  );
}

/** The 97.5 % quantile of the standard normal distribution. */
const z = 1.96;

/**
 * A 95 % confidence interval of the median that assumes nothing of the distribution: the order statistics of the ranks
 * that a binomial count of the values below the median stays between, by its normal approximation (Le Boudec,
 * "Performance Evaluation of Computer and Communication Systems", appendix A). With fewer than six values there is
 * none, and it is all of them.
 * @param sorted at least one value, ascending
 */
export function medianInterval(sorted: readonly number[]): [low: number, high: number] {
  const count = sorted.length;
  const spread = (z * Math.sqrt(count)) / 2;
  const low = Math.max(1, Math.floor(count / 2 - spread));
  const high = Math.min(count, Math.ceil(count / 2 + spread) + 1);
  return [sorted[low - 1]!, sorted[high - 1]!];
}
