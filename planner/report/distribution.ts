/** The shape of a latency distribution. */
import { countUpTo } from '../estimate.ts';

export interface Bin {
  from: number;
  to: number;
  /** Share of the queries. */
  share: number;
}

/**
 * A histogram of bins of the same width; what is above `end` is left out.
 *
 * @param sorted milliseconds, ascending; at least one
 */
export function histogram(sorted: Float64Array, end: number, bins: number): Bin[] {
  const upTo = Array.from({ length: bins + 1 }, (_, edge) => countUpTo(sorted, (end * edge) / bins));
  // What takes no time at all is in the first bin.
  upTo[0] = 0;
  return Array.from({ length: bins }, (_, bin) => ({
    from: (end * bin) / bins,
    to: (end * (bin + 1)) / bins,
    share: (upTo[bin + 1]! - upTo[bin]!) / sorted.length,
  }));
}

/** A point of a tail: that share of the queries takes longer. */
export interface TailPoint {
  time: number;
  above: number;
}

/**
 * The share of queries that take longer, at places evenly spaced on a logarithmic scale of that share.
 *
 * @param sorted milliseconds, ascending; at least one
 * @param least share at which it ends, if there are that many queries
 */
export function tail(sorted: Float64Array, least: number, points: number): TailPoint[] {
  const count = sorted.length;
  const end = Math.max(least, 1 / count);
  return Array.from({ length: points }, (_, point) => {
    const above = end ** (point / (points - 1));
    const rank = Math.min(count - 1, Math.max(0, Math.ceil(count * (1 - above) - 1e-9) - 1));
    return { time: sorted[rank]!, above };
  }).filter(({ time }) => Number.isFinite(time));
}
