import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readingOrder } from '../../../../operators/ocr/geometry/reading-order.ts';
import type { Rectangle } from '../../../../operators/ocr/geometry/rectangle.ts';

/** A page of words, in reading order, turned about the origin. */
function page(rows: readonly number[], angle: number): Rectangle[] {
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
  return rows.flatMap((words, row) =>
    Array.from({ length: words }, (_, word) => {
      // Words of a line don't sit at quite the same height.
      const [along, down] = [word * 100, row * 40 + (word % 3) * 4];
      return { x: along * ux - down * uy, y: along * uy + down * ux, ux, uy, width: 80, height: 24 };
    }),
  );
}

const rows = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
const angles = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });

test('reads a page at any angle, in whatever order its boxes come', () => {
  fc.assert(
    fc.property(
      rows,
      angles,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (lines, angle, keys) => {
        const boxes = page(lines, angle);
        const shuffle = [...keys.take(boxes.length)]
          .map((key, i) => [key, i] as const)
          .sort((a, b) => a[0] - b[0])
          .map(([, i]) => i);
        const order = readingOrder(shuffle.map(i => boxes[i]!));
        expect(order.map(i => shuffle[i])).toEqual(boxes.map((_, i) => i));
      },
    ),
  );
});

test('reads an upside-down page from its own top', () => {
  const boxes = page([2, 3], 0);
  expect(readingOrder(boxes, true)).toEqual([4, 3, 2, 1, 0]);
});

test('keeps close lines of unlike height apart', () => {
  const box = (x: number, y: number, height: number) => ({ x, y, ux: 1, uy: 0, width: 50, height });
  expect(readingOrder([box(0, 0, 60), box(100, 10, 20), box(0, 55, 20)])).toEqual([0, 1, 2]);
});

test('orders nothing', () => {
  expect(readingOrder([])).toEqual([]);
});
