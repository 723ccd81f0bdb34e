import { expect, test } from 'vitest';
import type { Rectangle } from '../../../../operators/ocr/geometry/rectangle.ts';
import { intoTextFrame } from '../../../../operators/ocr/geometry/text-frame.ts';

/** A rectangle whose wide side lies at an angle in degrees. */
const at = (degrees: number, width: number, height: number): Rectangle => {
  const angle = (degrees * Math.PI) / 180;
  return { x: 0, y: 0, ux: Math.cos(angle), uy: Math.sin(angle), width, height };
};
const angle = ({ ux, uy }: Rectangle) => Math.round((Math.atan2(uy, ux) * 180) / Math.PI) + 0;

test('lines read to the right, or else downwards', () => {
  for (const [given, read] of [
    [0, 0],
    [180, 0],
    [170, -10],
    [-90, 90],
    [100, 100],
    [-40, -40],
  ] as const) {
    expect(angle(intoTextFrame([at(given, 100, 10)])[0]!)).toBe(read);
  }
});

test('a lone narrow letter stands upright among lines, and is widened', () => {
  const [, letter] = intoTextFrame([at(5, 200, 30), at(90, 28, 8)]);
  expect(angle(letter!)).toBe(0);
  expect(letter!.height).toBe(28);
  expect(letter!.width).toBeCloseTo(20, 9);
});

test('vertical text beside lines reads downwards', () => {
  const [, vertical] = intoTextFrame([at(0, 200, 30), at(-88, 150, 30)]);
  expect(angle(vertical!)).toBe(92);
  expect(vertical!.width).toBe(150);
});

test('nearly square words follow the lines', () => {
  const [, word] = intoTextFrame([at(60, 200, 30), at(-25, 40, 30)]);
  expect(angle(word!)).toBe(65);
  expect(word!.height).toBe(40);
});

test('nothing stays nothing', () => {
  expect(intoTextFrame([])).toEqual([]);
});
