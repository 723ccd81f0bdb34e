import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { convexHull } from '../../../../operators/ocr/geometry/convex-hull.ts';

const coordinates = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 60 });
const points = coordinates.map(each => Float64Array.from(each.slice(0, each.length & ~1)));

const pairs = (flat: Float64Array) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);

test('turns one way at each corner, and has every point inside', () => {
  fc.assert(
    fc.property(points, all => {
      const hull = pairs(convexHull(all));
      fc.pre(hull.length > 2);
      hull.forEach(([ax, ay], i) => {
        const [bx, by] = hull[(i + 1) % hull.length]!;
        const [cx, cy] = hull[(i + 2) % hull.length]!;
        const side = (x: number, y: number) => (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        expect(side(cx, cy)).toBeGreaterThan(0);
        for (const [x, y] of pairs(all)) expect(side(x, y)).toBeGreaterThanOrEqual(0);
      });
    }),
  );
});

test('keeps the ends of a line, a lone point, and nothing of nothing', () => {
  expect([...convexHull(Float64Array.of(0, 0, 2, 2, 1, 1, 3, 3))]).toEqual([0, 0, 3, 3]);
  expect([...convexHull(Float64Array.of(5, 6, 5, 6))]).toEqual([5, 6]);
  expect([...convexHull(new Float64Array(0))]).toEqual([]);
});
