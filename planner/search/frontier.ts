/** What latency a cost can buy: choices of which none is both cheaper and faster than another. */

/** Points of a frontier: cost ascending, latency descending. */
export interface Frontier {
  costs: Float64Array;
  latencies: Float64Array;
}

export interface Point {
  cost: number;
  latency: number;
}

/** The frontier of choosing nothing. */
export const nothing: Frontier = { costs: Float64Array.of(0), latencies: Float64Array.of(0) };

/**
 * The frontier of choosing one point of a set along with one of a frontier, costs and latencies added up.
 * @param ceiling points that cost more are left out
 */
export function combine(points: readonly Point[], { costs, latencies }: Frontier, ceiling: number): Frontier {
  const sums: Point[] = [];
  for (const point of points) {
    for (let at = 0; at < costs.length; at++) {
      const cost = point.cost + costs[at]!;
      if (cost <= ceiling) sums.push({ cost, latency: point.latency + latencies[at]! });
    }
  }
  sums.sort((a, b) => a.cost - b.cost || a.latency - b.latency);
  const kept: Point[] = [];
  for (const sum of sums) if (kept.length === 0 || sum.latency < kept.at(-1)!.latency) kept.push(sum);
  return {
    costs: Float64Array.from(kept, ({ cost }) => cost),
    latencies: Float64Array.from(kept, ({ latency }) => latency),
  };
}

/** The least latency for a cost; Infinity if nothing is that cheap. */
export function leastLatency({ costs, latencies }: Frontier, cost: number): number {
  let low = 0;
  let high = costs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (costs[middle]! <= cost) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? Infinity : latencies[low - 1]!;
}
