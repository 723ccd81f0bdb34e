/**
 * A rectangle at any angle, y pointing down. (ux, uy) is the unit vector along its width, to the right as the text
 * in it runs; its height is along (-uy, ux), downwards.
 */
export interface Rectangle {
  x: number;
  y: number;
  ux: number;
  uy: number;
  width: number;
  height: number;
}

/** Corners as x, y pairs: top-left, top-right, bottom-right, bottom-left, in the rectangle's own frame. */
export function corners({ x, y, ux, uy, width, height }: Rectangle): Float32Array {
  const points = new Float32Array(8);
  const halves = [-1, -1, 1, -1, 1, 1, -1, 1];
  for (let i = 0; i < 8; i += 2) {
    const along = (halves[i]! * width) / 2;
    const down = (halves[i + 1]! * height) / 2;
    points[i] = x + along * ux - down * uy;
    points[i + 1] = y + along * uy + down * ux;
  }
  return points;
}

/** The rectangle of four such corners; of another quadrilateral, one of the same centre and mean sides. */
export function fromCorners(points: ArrayLike<number>): Rectangle {
  const combine = (weights: readonly [number, number, number, number], axis: 0 | 1) =>
    weights.reduce((sum, weight, i) => sum + weight * points[2 * i + axis]!, 0);
  const along = [-0.5, 0.5, 0.5, -0.5] as const;
  const down = [-0.5, -0.5, 0.5, 0.5] as const;
  const centre = [0.25, 0.25, 0.25, 0.25] as const;
  const [dx, dy] = [combine(along, 0), combine(along, 1)];
  const width = Math.hypot(dx, dy);
  return {
    x: combine(centre, 0),
    y: combine(centre, 1),
    ux: width > 0 ? dx / width : 1,
    uy: width > 0 ? dy / width : 0,
    width,
    height: Math.hypot(combine(down, 0), combine(down, 1)),
  };
}

/**
 * Undoes the shrinking that a DB text detector was trained to do: every side is moved outwards by
 * area * ratio / perimeter (the offset of "Real-time Scene Text Detection with Differentiable Binarization").
 */
export function unclip(rectangle: Rectangle, ratio: number): Rectangle {
  const { width, height } = rectangle;
  if (width + height === 0) return rectangle;
  const distance = (width * height * ratio) / (2 * (width + height));
  return { ...rectangle, width: width + 2 * distance, height: height + 2 * distance };
}
