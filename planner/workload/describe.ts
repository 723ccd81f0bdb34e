/** What arrivals are like. */
export interface Arrivals {
  /** Queries per second, from the first to the last. */
  rate: number;
  /** Coefficient of variation of the gaps: their standard deviation over their mean. */
  cv: number;
}

/**
 * Rate and variation of observed arrivals.
 *
 * @param arrivals milliseconds, ascending; at least two, not all at one instant
 */
export function describeArrivals(arrivals: Float64Array): Arrivals {
  const gaps = arrivals.length - 1;
  const mean = (arrivals[gaps]! - arrivals[0]!) / gaps;
  let squares = 0;
  for (let at = 1; at <= gaps; at++) squares += (arrivals[at]! - arrivals[at - 1]! - mean) ** 2;
  return { rate: 1000 / mean, cv: Math.sqrt(squares / gaps) / mean };
}
