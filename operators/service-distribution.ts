/**
 * How long batches take, as draws from measured quantiles: the service-time model that predictions and rehearsals
 * share.
 *
 * Between its quantiles a time is linear, beyond the outermost constant; between two measured batch sizes it is
 * interpolated at the same uniform number. So the time of every batch size is a piecewise linear function of that
 * number.
 */

/** One quantile: this percentage of the times is at most this. */
export interface Quantile {
  /** 0 to 100. */
  percentage: number;
  /** Milliseconds. */
  time: number;
}

/** How long batches of one size take. */
export interface BatchTimes {
  batch: number;
  /** Milliseconds. */
  mean: number;
  /** In ascending order of percentage, with times that never fall; empty: always the mean. */
  quantiles: readonly Quantile[];
}

/** Equal intervals of the uniform number; for each is known where in the table a search begins. */
const intervals = 64;

/** A piecewise linear function on [0, 1], constant beyond its outermost points. */
interface Curve {
  shares: Float64Array;
  times: Float64Array;
  /** Slope after each point. */
  slopes: Float64Array;
  /** For each interval, the last point at or below its start; 0 if there is none. */
  guide: Uint16Array;
  mean: number;
}

/** The time at a share, 0 to 1, of the uniform number. */
export function timeAt({ mean, quantiles }: Omit<BatchTimes, 'batch'>, share: number): number {
  const above = quantiles.findIndex(({ percentage }) => percentage / 100 >= share);
  if (quantiles.length === 0) return mean;
  if (above < 0) return quantiles.at(-1)!.time;
  const upper = quantiles[above]!;
  const lower = quantiles[above - 1];
  if (!lower) return upper.time;
  const at = (share * 100 - lower.percentage) / (upper.percentage - lower.percentage);
  return lower.time + at * (upper.time - lower.time);
}

function curveOf(lower: BatchTimes, upper: BatchTimes, weight: number): Curve {
  const known = [...lower.quantiles, ...upper.quantiles].map(({ percentage }) => percentage / 100);
  const shares = Float64Array.from(known.length > 0 ? new Set(known) : [0.5]).sort();
  const times = shares.map(share => (1 - weight) * timeAt(lower, share) + weight * timeAt(upper, share));
  const last = shares.length - 1;
  const slopes = shares.map((share, i) =>
    i === last ? 0 : (times[i + 1]! - times[i]!) / (shares[i + 1]! - share),
  );
  const guide = Uint16Array.from({ length: intervals }, (_, i) =>
    Math.max(
      0,
      shares.findLastIndex(share => share <= i / intervals),
    ),
  );
  // The integral over [0, 1]: constant ends and trapezia between.
  let mean = shares[0]! * times[0]! + (1 - shares[last]!) * times[last]!;
  for (let i = 0; i < last; i++) mean += ((shares[i + 1]! - shares[i]!) * (times[i]! + times[i + 1]!)) / 2;
  return { shares, times, slopes, guide, mean };
}

export class ServiceDistribution {
  /** Largest batch size there is. */
  readonly largest: number;
  /** What it was made of. */
  readonly points: readonly BatchTimes[];
  /** By batch size, made when first asked for. */
  readonly #curves: (Curve | undefined)[];

  /** @param points at least one, in ascending order of batch size */
  constructor(points: readonly BatchTimes[]) {
    this.points = points;
    this.largest = points.at(-1)!.batch;
    this.#curves = Array.from({ length: this.largest + 1 });
  }

  /**
   * The time of a batch, in milliseconds.
   * @param batch 1 to `largest`; below the smallest size measured it is that one's
   * @param uniform in [0, 1)
   */
  draw(batch: number, uniform: number): number {
    const { shares, times, slopes, guide } = this.#curves[batch] ?? this.#make(batch);
    let at = guide[(uniform * intervals) | 0]!;
    const last = shares.length - 1;
    while (at < last && shares[at + 1]! <= uniform) at++;
    const beyond = uniform - shares[at]!;
    return beyond <= 0 ? times[at]! : times[at]! + beyond * slopes[at]!;
  }

  /** Mean of what is drawn. */
  mean(batch: number): number {
    return (this.#curves[batch] ?? this.#make(batch)).mean;
  }

  /** The least that is ever drawn. */
  least(batch: number): number {
    return (this.#curves[batch] ?? this.#make(batch)).times[0]!;
  }

  /** The most that is ever drawn. */
  most(batch: number): number {
    return (this.#curves[batch] ?? this.#make(batch)).times.at(-1)!;
  }

  #make(batch: number): Curve {
    const above = this.points.findIndex(point => point.batch >= batch);
    if (above < 0)
      throw new RangeError(`batches of ${batch} were not measured, the largest is ${this.largest}`);
    const upper = this.points[above]!;
    const lower = this.points[above - 1] ?? upper;
    const weight = lower === upper ? 0 : (batch - lower.batch) / (upper.batch - lower.batch);
    const curve = curveOf(lower, upper, weight);
    this.#curves[batch] = curve;
    return curve;
  }
}
