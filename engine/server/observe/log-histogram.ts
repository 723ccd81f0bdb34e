/**
 * A histogram of times in milliseconds whose buckets grow with the value: each doubling is cut into 32 equal parts, as
 * of HdrHistogram. A quantile read from it is off by at most 1/64 (1.6 %) of itself, from 1 µs to 262 s.
 */

/** Parts of each doubling, as a power of two. */
const partBits = 5;
const parts = 1 << partBits;
/** Doublings from 2^-10 ms (about 1 µs) to 2^18 ms (262 s). */
const lowest = -10;
const highest = 18;

/** The first bucket holds what is not above the first edge, the last what is above the last. */
const edges = (highest - lowest) * parts;
const bucketCount = edges + 2;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which of the two words holds the exponent. */
const high = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Bits of a double's upper word below the part's, and the number of the first edge with those cut off. */
const shift = 20 - partBits;
const origin = (1023 + lowest) << partBits;

/** The bucket of a time. Buckets are open below and closed above, as Prometheus wants them. */
function bucketOf(milliseconds: number): number {
  float[0] = milliseconds;
  const upper = words[high]!;
  const onEdge = words[1 - high] === 0 && (upper & ((1 << shift) - 1)) === 0;
  const bucket = (upper >>> shift) - origin + (onEdge ? 0 : 1);
  if (bucket <= 0 || !(milliseconds > 0)) return 0;
  return bucket < bucketCount ? bucket : bucketCount - 1;
}

/** Upper edge of a bucket but the last, in milliseconds. */
function edgeOf(bucket: number): number {
  return 2 ** (lowest + Math.floor(bucket / parts)) * (1 + (bucket % parts) / parts);
}

/** A time that stands for all of a bucket's: its middle. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  if (bucket === bucketCount - 1) return edgeOf(edges);
  return (edgeOf(bucket - 1) + edgeOf(bucket)) / 2;
}

/** What was recorded, or some of it. */
export interface Distribution {
  counts: ArrayLike<number>;
  count: number;
  /** Of the times, exact. */
  sum: number;
}

/**
 * Quantiles by nearest rank, in milliseconds; null where nothing was recorded.
 * @param shares 0 to 1, ascending
 */
export function quantilesOf({ counts, count }: Distribution, shares: readonly number[]): (number | null)[] {
  if (count === 0) return shares.map(() => null);
  let bucket = 0;
  let seen = counts[0]!;
  return shares.map(share => {
    const rank = Math.max(1, Math.ceil(share * count));
    while (seen < rank && bucket < bucketCount - 1) seen += counts[++bucket]!;
    return middleOf(bucket);
  });
}

/** Upper bounds that halve every doubling, or keep it whole; exact edges, so that counts at them are exact too. */
export function boundsBetween(from: number, to: number, perDoubling: 1 | 2): number[] {
  const bounds: number[] = [];
  const step = parts / perDoubling;
  for (let bucket = (from - lowest) * parts; bucket <= (to - lowest) * parts; bucket += step)
    bounds.push(edgeOf(bucket));
  return bounds;
}

export class LogHistogram implements Distribution {
  /** Doubles, which count on where 32 bits would start anew after three days. */
  readonly counts = new Float64Array(bucketCount);
  count = 0;
  sum = 0;

  record(milliseconds: number, times = 1): void {
    this.counts[bucketOf(milliseconds)]! += times;
    this.count += times;
    this.sum += milliseconds * times;
  }

  /** How many were not above each bound. @param bounds edges, ascending */
  cumulative(bounds: readonly number[]): number[] {
    let bucket = 0;
    let seen = this.counts[0]!;
    return bounds.map(bound => {
      const last = bucketOf(bound);
      while (bucket < last) seen += this.counts[++bucket]!;
      return seen;
    });
  }
}
