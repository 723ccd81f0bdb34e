/** When a batch size has been measured often enough, and which one is measured next. */
import { medianInterval, quantile } from './order-statistics.ts';

/** Repetitions that are made of every batch size, whatever they take. */
export const leastRepetitions = 5;

/** Most repetitions of a batch size that takes long enough for them to take `leastTime`. */
const usualRepetitions = 200;

/**
 * Milliseconds that the runs of a batch size take together, at the least. What stops a machine for some milliseconds once
 * or twice a second (a garbage collection, another thread's slice, a host that is shared) meets few of a short batch's
 * runs, but holds up all that waits behind those: a hundred runs would never have met it.
 */
const leastTime = 1000;

/** Enough of the shortest batches, whatever time they take. */
const mostRepetitions = 20_000;

/** Below a hundred times, the 99th percentile is the longest of them or made up. */
const repetitionsForTail = 100;

/** How far the median's confidence interval may reach to either side, as a share of the median. */
const precision = 0.02;

export interface Measuring {
  /** Milliseconds that the runs which count took so far. */
  elapsed: number;
  /** Runs that were asked for at most; undefined: as many as are useful. */
  most: number | undefined;
  /** Whether the time there is for this batch size is over. */
  timeIsOver: boolean;
}

/**
 * Whether a batch size has been measured often enough: for a second at least, and then 200 times, or a hundred with the
 * 95 % confidence interval of the median within 2 % of it. Or as often as was asked for; or once its time is over, at
 * least five times.
 * @param times milliseconds, in any order
 */
export function isMeasured(times: readonly number[], { elapsed, most, timeIsOver }: Measuring): boolean {
  const count = times.length;
  if (count >= (most ?? mostRepetitions)) return true;
  if (count < leastRepetitions) return false;
  if (timeIsOver) return true;
  if (elapsed < leastTime) return false;
  if (count >= usualRepetitions) return true;
  // Sorting at every repetition would take more of a fast stage's time than the stage.
  if (count < repetitionsForTail || count % 10 !== 0) return false;
  const sorted = [...times].sort((a, b) => a - b);
  const middle = quantile(sorted, 50);
  const [low, high] = medianInterval(sorted);
  return low >= middle * (1 - precision) && high <= middle * (1 + precision);
}

/** A measured batch size, with its median in milliseconds. */
export interface MeasuredBatch {
  batch: number;
  median: number;
}

/** Items per second of a batch size. */
export function throughput({ batch, median }: MeasuredBatch): number {
  return (batch / median) * 1000;
}

/** A larger batch is worth trying further while the throughput grows by this over two sizes. */
const growth = 1.05;

/** Whether the two largest sizes gave less than 5 % more throughput than the best before them. */
function hasStoppedGrowing(measured: readonly MeasuredBatch[]): boolean {
  if (measured.length < 3) return false;
  const rates = measured.map(throughput);
  return Math.max(...rates.slice(-2)) < growth * Math.max(...rates.slice(0, -2));
}

/**
 * The batch size to measure next: 1, 2, 4, 8, … and `most` at the end.
 * @param measured in ascending order
 * @returns null once throughput has stopped growing or `most` is measured
 */
export function nextBatch(measured: readonly MeasuredBatch[], most: number): number | null {
  const last = measured.at(-1);
  if (!last) return 1;
  if (last.batch >= most || hasStoppedGrowing(measured)) return null;
  return Math.min(2 * last.batch, most);
}

/**
 * How many sizes may still come before it is clear that throughput has stopped growing: what time is left is shared
 * among that many.
 */
export function sizesToCome(measured: readonly MeasuredBatch[], most: number): number {
  let sizes = 0;
  for (let batch = measured.at(-1)?.batch ?? 0.5; batch < most; batch *= 2) sizes++;
  return Math.max(1, Math.min(sizes, Math.max(2, 3 - measured.length)));
}

/** The smallest batch whose throughput is within 2 % of the highest. */
export function bestBatch(measured: readonly MeasuredBatch[]): number {
  const highest = Math.max(...measured.map(throughput));
  return measured.find(each => throughput(each) >= 0.98 * highest)!.batch;
}
