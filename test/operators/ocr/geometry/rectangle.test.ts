import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  corners,
  fromCorners,
  unclip,
  type Rectangle,
} from '../../../../operators/ocr/geometry/rectangle.ts';

const size = fc.double({ min: 0.5, max: 500, noNaN: true });
const rectangles = fc
  .tuple(size, size, size, size, fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }))
  .map(([x, y, width, height, angle]): Rectangle => ({
    x,
    y,
    ux: Math.cos(angle),
    uy: Math.sin(angle),
    width,
    height,
  }));

test('goes to corners and back', () => {
  fc.assert(
    fc.property(rectangles, rectangle => {
      const back = fromCorners(corners(rectangle));
      for (const key of ['x', 'y', 'width', 'height'] as const)
        expect(back[key]).toBeCloseTo(rectangle[key], 2);
      expect(back.ux * rectangle.ux + back.uy * rectangle.uy).toBeGreaterThan(0.99);
    }),
  );
});

test('corners go round from the top left', () => {
  const upright = { x: 10, y: 5, ux: 1, uy: 0, width: 8, height: 4 };
  expect([...corners(upright)]).toEqual([6, 3, 14, 3, 14, 7, 6, 7]);
  const downwards = { ...upright, ux: 0, uy: 1 };
  expect([...corners(downwards)]).toEqual([12, 1, 12, 9, 8, 9, 8, 1]);
});

test('unclipping moves every side out by area * ratio / perimeter', () => {
  fc.assert(
    fc.property(rectangles, fc.double({ min: 0, max: 4, noNaN: true }), (rectangle, ratio) => {
      const { width, height } = rectangle;
      const distance = (width * height * ratio) / (2 * (width + height));
      const larger = unclip(rectangle, ratio);
      expect(larger).toMatchObject({ x: rectangle.x, y: rectangle.y, ux: rectangle.ux, uy: rectangle.uy });
      expect(larger.width).toBeCloseTo(width + 2 * distance, 6);
      expect(larger.height).toBeCloseTo(height + 2 * distance, 6);
    }),
  );
});

test('unclipping leaves a point a point', () => {
  const point = { x: 1, y: 2, ux: 1, uy: 0, width: 0, height: 0 };
  expect(unclip(point, 2)).toEqual(point);
});
