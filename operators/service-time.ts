/** How long a batch takes: shared by emulated stages and, in virtual time, by predictions. */

/** Mean service time of a batch size that was measured. */
export interface ServicePoint {
  batch: number;
  /** Milliseconds. */
  time: number;
}

/**
 * Service time of a batch, interpolated linearly between the measured sizes. Below the smallest it is that one's; a
 * batch beyond the largest is taken in several goes of at most the largest.
 * @param points at least one, in ascending order of batch size
 * @returns milliseconds
 */
export function serviceTime(points: readonly ServicePoint[], batch: number): number {
  const largest = points.at(-1)!;
  if (batch > largest.batch) {
    const goes = Math.floor(batch / largest.batch);
    const rest = batch % largest.batch;
    return goes * largest.time + (rest > 0 ? serviceTime(points, rest) : 0);
  }
  const above = points.findIndex(point => point.batch >= batch);
  const upper = points[above]!;
  const lower = points[above - 1];
  if (!lower || upper.batch === batch) return upper.time;
  const share = (batch - lower.batch) / (upper.batch - lower.batch);
  return lower.time + share * (upper.time - lower.time);
}
