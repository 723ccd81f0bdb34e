/**
 * Takes the noise out of measured times that can only grow: quantiles with their percentage, and the time of a whole
 * batch with its size.
 */
import { ServiceDistribution, type BatchTimes, type Quantile } from '../../operators/index.ts';

/** One time of a profile. */
export interface Figure {
  batch: number;
  /** `mean`, or `p99` and the like. */
  name: string;
  /** Milliseconds. */
  time: number;
}

/** A time that is less than one it can't be less than. */
export interface Fall {
  /** A lower percentage of the same batch size, or the same figure of a smaller batch. */
  from: Figure;
  to: Figure;
}

/** Times as they were measured; quantiles in ascending order of percentage. At least one time. */
export interface MeasuredTimes {
  batch: number;
  mean?: number;
  quantiles: readonly Quantile[];
}

/**
 * Isotonic regression: the series without a fall that is nearest to `values` in the sum of squares, by the
 * pool-adjacent-violators algorithm (Ayer, Brunk, Ewing, Reid and Silverman 1955).
 */
export function isotonic(values: readonly number[]): number[] {
  const pools: { sum: number; count: number }[] = [];
  for (const value of values) {
    let pool = { sum: value, count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
}

/**
 * Smooths the times of one stage: within each batch size, then each figure across the sizes. A mean that is not given
 * is that of what the quantiles draw.
 *
 * @param measured in ascending order of batch size
 * @returns times without a fall, and where there were some
 */
export function smoothTimes(measured: readonly MeasuredTimes[]): { batches: BatchTimes[]; falls: Fall[] } {
  const falls: Fall[] = [];
  const batches = measured.map(({ batch, mean, quantiles }) => {
    const figures = quantiles.map(quantile => figureOf(batch, quantile));
    const times = smooth(figures, falls);
    const rising = quantiles.map(({ percentage }, index) => ({ percentage, time: times[index]! }));
    return { batch, mean: mean ?? drawnMean(batch, rising), quantiles: rising };
  });
  const means = smooth(
    batches.map(({ batch, mean }) => ({ batch, name: 'mean', time: mean })),
    falls,
  );
  for (const [index, batch] of batches.entries()) batch.mean = means[index]!;
  for (const percentage of percentagesOf(batches)) {
    const those = batches.flatMap(({ batch, quantiles }) => {
      const quantile = quantiles.find(quantile => quantile.percentage === percentage);
      return quantile ? [{ batch, quantile }] : [];
    });
    const times = smooth(
      those.map(({ batch, quantile }) => figureOf(batch, quantile)),
      falls,
    );
    for (const [index, { quantile }] of those.entries()) quantile.time = times[index]!;
  }
  if (falls.length > 0) restoreOrder(batches);
  return { batches, falls };
}

function figureOf(batch: number, { percentage, time }: Quantile): Figure {
  return { batch, name: `p${percentage}`, time };
}

function drawnMean(batch: number, quantiles: readonly Quantile[]): number {
  return new ServiceDistribution([{ batch, mean: 0, quantiles }]).mean(batch);
}

function percentagesOf(batches: readonly BatchTimes[]): number[] {
  const all = batches.flatMap(({ quantiles }) => quantiles.map(({ percentage }) => percentage));
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/** The times of a series, smoothed; its falls are added to `falls`. */
function smooth(series: readonly Figure[], falls: Fall[]): number[] {
  for (const [index, to] of series.entries()) {
    const from = series[index - 1];
    if (from && to.time < from.time) falls.push({ from, to });
  }
  return isotonic(series.map(({ time }) => time));
}

/**
 * Smoothing across batch sizes keeps quantiles in order where all sizes have the same percentages. Where they don't,
 * and against rounding, each time becomes the largest of those at no greater size and percentage.
 */
function restoreOrder(
  batches: readonly { quantiles: readonly { percentage: number; time: number }[] }[],
): void {
  const largest = new Map<number, number>();
  for (const percentage of percentagesOf(batches as readonly BatchTimes[])) largest.set(percentage, 0);
  for (const { quantiles } of batches) {
    const own = new Map(quantiles.map(quantile => [quantile.percentage, quantile]));
    let most = 0;
    for (const [percentage, before] of largest) {
      const quantile = own.get(percentage);
      most = Math.max(most, before, quantile?.time ?? 0);
      if (quantile) quantile.time = most;
      largest.set(percentage, most);
    }
  }
}
