import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { warp, type Picture } from '../../../../operators/ocr/geometry/warp.ts';

const affine = { factor: [1, 1, 1], offset: [0, 0, 0] };

/** A picture whose red rises along an axis at `angle`, its green down the page of that axis, 200 about the middle. */
function slope(size: number, angle: number): Picture {
  const pixels = new Uint8Array(size * size * 3);
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < size * size; i++) {
    const [dx, dy] = [(i % size) + 0.5 - size / 2, Math.floor(i / size) + 0.5 - size / 2];
    pixels[3 * i] = 128 + dx * ux + dy * uy;
    pixels[3 * i + 1] = 128 - dx * uy + dy * ux;
    pixels[3 * i + 2] = 77;
  }
  return { pixels, width: size, height: size };
}

test('draws a turned rectangle upright', () => {
  fc.assert(
    fc.property(fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }), angle => {
      const rectangle = { x: 50, y: 50, ux: Math.cos(angle), uy: Math.sin(angle), width: 48, height: 16 };
      const into = new Float32Array(3 * 8 * 24);
      warp(slope(100, angle), rectangle, affine, into, { width: 24, height: 8, stride: 24 });
      for (let i = 0; i < 24 * 8; i++) {
        const [x, y] = [i % 24, Math.floor(i / 24)];
        // A byte of the picture was rounded down.
        expect(Math.abs(into[i]! - (128 + (x + 0.5) * 2 - 24 - 0.5))).toBeLessThan(0.9);
        expect(Math.abs(into[24 * 8 + i]! - (128 + (y + 0.5) * 2 - 8 - 0.5))).toBeLessThan(0.9);
        expect(into[2 * 24 * 8 + i]).toBe(77);
      }
    }),
    { numRuns: 50 },
  );
});

test('copies pixels where nothing is turned or resized, and normalises them', () => {
  const picture = slope(10, 0);
  const into = new Float32Array(3 * 4 * 6).fill(-5);
  const rectangle = { x: 5, y: 5, ux: 1, uy: 0, width: 4, height: 4 };
  warp(picture, rectangle, { factor: [2, 1, 1], offset: [1, 0, 0] }, into, {
    width: 4,
    height: 4,
    stride: 6,
  });
  for (let i = 0; i < 24; i++) {
    const [x, y] = [i % 6, Math.floor(i / 6)];
    const expected = x < 4 ? picture.pixels[((y + 3) * 10 + x + 3) * 3]! * 2 + 1 : -5;
    expect(into[i]).toBeCloseTo(expected, 4);
  }
});

test('keeps a thin stroke when it shrinks', () => {
  const pixels = new Uint8Array(100 * 100 * 3).fill(255);
  for (let y = 0; y < 100; y++) pixels.fill(0, (y * 100 + 50) * 3, (y * 100 + 51) * 3);
  const into = new Float32Array(3 * 10 * 10);
  const rectangle = { x: 50, y: 50, ux: 1, uy: 0, width: 100, height: 100 };
  warp({ pixels, width: 100, height: 100 }, rectangle, affine, into, { width: 10, height: 10, stride: 10 });
  expect(into[5]).toBeCloseTo(255 * 0.9, 1);
});

test("goes on with the picture's edge beyond it", () => {
  const pixels = Uint8Array.of(10, 20, 30);
  const into = new Float32Array(3 * 4);
  const rectangle = { x: -500, y: 900, ux: 0.6, uy: 0.8, width: 70, height: 80 };
  warp({ pixels, width: 1, height: 1 }, rectangle, affine, into, { width: 2, height: 2, stride: 2 });
  expect(Array.from(into, Math.round)).toEqual([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]);
});
