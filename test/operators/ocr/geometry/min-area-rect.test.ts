import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { convexHull } from '../../../../operators/ocr/geometry/convex-hull.ts';
import { minAreaRect, quarterTurn } from '../../../../operators/ocr/geometry/min-area-rect.ts';
import { corners } from '../../../../operators/ocr/geometry/rectangle.ts';

const points = fc
  .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 1,
    maxLength: 40,
  })
  .map(all => Float64Array.from(all.flat()));

/** Width and height of what the points span at an angle. */
function extent(all: Float64Array, ux: number, uy: number): [number, number] {
  const along: number[] = [];
  const down: number[] = [];
  for (let i = 0; i < all.length; i += 2) {
    along.push(all[i]! * ux + all[i + 1]! * uy);
    down.push(all[i + 1]! * ux - all[i]! * uy);
  }
  return [Math.max(...along) - Math.min(...along), Math.max(...down) - Math.min(...down)];
}

test('contains every point, wide side as width', () => {
  fc.assert(
    fc.property(points, all => {
      const { x, y, ux, uy, width, height } = minAreaRect(convexHull(all));
      expect(width).toBeGreaterThanOrEqual(height);
      expect(Math.hypot(ux, uy)).toBeCloseTo(1, 9);
      for (let i = 0; i < all.length; i += 2) {
        const [dx, dy] = [all[i]! - x, all[i + 1]! - y];
        expect(Math.abs(dx * ux + dy * uy)).toBeLessThanOrEqual(width / 2 + 1e-6);
        expect(Math.abs(dy * ux - dx * uy)).toBeLessThanOrEqual(height / 2 + 1e-6);
      }
    }),
  );
});

test('is no larger than a rectangle at any angle', () => {
  fc.assert(
    fc.property(points, all => {
      const { width, height } = minAreaRect(convexHull(all));
      for (let degrees = 0; degrees < 90; degrees += 0.5) {
        const angle = (degrees * Math.PI) / 180;
        const [w, h] = extent(all, Math.cos(angle), Math.sin(angle));
        expect(width * height).toBeLessThanOrEqual(w * h + 1e-6);
      }
    }),
    { numRuns: 50 },
  );
});

test('finds a known rectangle at any angle', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), angle => {
      const known = { x: 40, y: 30, ux: Math.cos(angle), uy: Math.sin(angle), width: 20, height: 6 };
      const found = minAreaRect(convexHull(Float64Array.from(corners(known))));
      expect(found.x).toBeCloseTo(40, 3);
      expect(found.y).toBeCloseTo(30, 3);
      expect(found.width).toBeCloseTo(20, 3);
      expect(found.height).toBeCloseTo(6, 3);
      expect(Math.abs(found.ux * known.ux + found.uy * known.uy)).toBeCloseTo(1, 5);
    }),
  );
});

test('makes a rectangle without height of a line, and without size of a point', () => {
  expect(minAreaRect(Float64Array.of(0, 0, 3, 4))).toMatchObject({ x: 1.5, y: 2, width: 5, height: 0 });
  expect(minAreaRect(Float64Array.of(7, 8))).toMatchObject({ x: 7, y: 8, width: 0, height: 0 });
});

test('a quarter turn leaves the rectangle where it is', () => {
  const rectangle = { x: 5, y: 6, ux: 0.6, uy: 0.8, width: 10, height: 4 };
  const same = (flat: Float32Array) =>
    Array.from({ length: 4 }, (_, i) => `${flat[2 * i]!.toFixed(3)},${flat[2 * i + 1]!.toFixed(3)}`).sort();
  expect(same(corners(quarterTurn(rectangle)))).toEqual(same(corners(rectangle)));
});
