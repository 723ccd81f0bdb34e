import type { Rectangle } from './rectangle.ts';

/**
 * The rectangle of least area around a convex polygon of x, y pairs in order around it, wide side as its width.
 * One side of it lies along a side of the polygon (Freeman and Shapira), so rotating calipers try those alone: the
 * vertices furthest along, across and back only move on as the side turns. A point or a line has no area.
 */
export function minAreaRect(hull: Float64Array): Rectangle {
  const count = hull.length / 2;
  if (count < 3) return segment(hull);
  const reach = (vertex: number, dx: number, dy: number) => {
    const i = (vertex % count) * 2;
    return hull[i]! * dx + hull[i + 1]! * dy;
  };
  const climb = (vertex: number, dx: number, dy: number) => {
    // No more steps than vertices, however rounding ranks points that are almost level.
    for (let steps = 0; steps < count && reach(vertex + 1, dx, dy) > reach(vertex, dx, dy); steps++) vertex++;
    return vertex;
  };
  let best: Rectangle | undefined;
  let [ahead, across, behind] = [1, 1, 1];
  for (let side = 0; side < count; side++) {
    const from = side * 2;
    const to = ((side + 1) % count) * 2;
    const [dx, dy] = [hull[to]! - hull[from]!, hull[to + 1]! - hull[from + 1]!];
    const length = Math.hypot(dx, dy);
    const [ux, uy] = [dx / length, dy / length];
    ahead = climb(Math.max(ahead, side + 1), ux, uy);
    across = climb(Math.max(across, ahead), -uy, ux);
    behind = climb(Math.max(behind, across), -ux, -uy);
    const [low, high] = [-reach(behind, -ux, -uy), reach(ahead, ux, uy)];
    const [near, far] = [reach(side, -uy, ux), reach(across, -uy, ux)];
    if (!best || (high - low) * (far - near) < best.width * best.height) {
      const [along, down] = [(low + high) / 2, (near + far) / 2];
      best = {
        x: along * ux - down * uy,
        y: along * uy + down * ux,
        ux,
        uy,
        width: high - low,
        height: far - near,
      };
    }
  }
  return best!.width >= best!.height ? best! : quarterTurn(best!);
}

function segment(hull: Float64Array): Rectangle {
  const [ax = 0, ay = 0, bx = ax, by = ay] = hull;
  const width = Math.hypot(bx - ax, by - ay);
  const [ux, uy] = width > 0 ? [(bx - ax) / width, (by - ay) / width] : [1, 0];
  return { x: (ax + bx) / 2, y: (ay + by) / 2, ux, uy, width, height: 0 };
}

/** The same rectangle, with what was its height as its width. */
export function quarterTurn({ x, y, ux, uy, width, height }: Rectangle): Rectangle {
  return { x, y, ux: -uy, uy: ux, width: height, height: width };
}
