/** Twice the area of the triangle of points `a`, `b`, `c`: positive for a turn to the right, y pointing down. */
function turn(points: Float64Array, a: number, b: number, c: number): number {
  const ax = points[2 * a]!;
  const ay = points[2 * a + 1]!;
  return (
    (points[2 * b]! - ax) * (points[2 * c + 1]! - ay) - (points[2 * b + 1]! - ay) * (points[2 * c]! - ax)
  );
}

/**
 * The convex hull of points given as x, y pairs, as x, y pairs in order around it, without points on its sides
 * (Andrew's monotone chain).
 */
export function convexHull(points: Float64Array): Float64Array {
  const compare = (a: number, b: number) =>
    points[2 * a]! - points[2 * b]! || points[2 * a + 1]! - points[2 * b + 1]!;
  const sorted = Array.from({ length: points.length / 2 }, (_, i) => i).sort(compare);
  const order = sorted.filter((point, i) => i === 0 || compare(sorted[i - 1]!, point) !== 0);
  const hull: number[] = [];
  for (const pass of [order, order.toReversed()]) {
    const start = hull.length;
    for (const point of pass) {
      while (hull.length >= start + 2 && turn(points, hull.at(-2)!, hull.at(-1)!, point) <= 0) hull.pop();
      hull.push(point);
    }
    // The last point of one chain is the first of the other.
    hull.pop();
  }
  if (hull.length === 0 && order.length > 0) hull.push(order[0]!);
  return Float64Array.from({ length: hull.length * 2 }, (_, i) => points[2 * hull[i >> 1]! + (i & 1)]!);
}
