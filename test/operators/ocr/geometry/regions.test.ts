import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRegions, outline } from '../../../../operators/ocr/geometry/regions.ts';

/** The sizes of the regions, by flood fill. */
function floodFill(heat: Float32Array, width: number, height: number, threshold: number): number[] {
  const seen = new Set<number>();
  const sizes: number[] = [];
  for (let start = 0; start < heat.length; start++) {
    if (heat[start]! <= threshold || seen.has(start)) continue;
    const stack = [start];
    seen.add(start);
    let size = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size++;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let near = 0; near < 9; near++) {
        const [nx, ny] = [x - 1 + (near % 3), y - 1 + Math.floor(near / 3)];
        const next = ny * width + nx;
        const inside = nx >= 0 && nx < width && ny >= 0 && ny < height;
        if (inside && heat[next]! > threshold && !seen.has(next)) {
          seen.add(next);
          stack.push(next);
        }
      }
    }
    sizes.push(size);
  }
  return sizes.sort((a, b) => a - b);
}

const heatmaps = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      heat: fc
        .array(fc.constantFrom(0, 0, 0.5, 1), { minLength: width * height, maxLength: width * height })
        .map(values => Float32Array.from(values)),
    }),
  );

test('finds the regions that a flood fill finds', () => {
  fc.assert(
    fc.property(heatmaps, ({ width, height, heat }) => {
      const regions = findRegions(heat, width, height, 0.3);
      expect(regions.map(region => region.pixels).sort((a, b) => a - b)).toEqual(
        floodFill(heat, width, height, 0.3),
      );
    }),
    { numRuns: 300 },
  );
});

test('measures a region: its rows, its pixels and their sum', () => {
  const heat = Float32Array.from([0, 1, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0.5]);
  const [region] = findRegions(heat, 4, 3, 0.3);
  expect(region).toEqual({ top: 0, left: [1, 2, 3], right: [2, 4, 4], pixels: 4, sum: 2.5 });
});

test('gives none of an empty or a cold heatmap, and never takes NaN for text', () => {
  expect(findRegions(new Float32Array(0), 0, 0, 0.3)).toEqual([]);
  expect(findRegions(Float32Array.of(NaN, 0.1, 0.3), 3, 1, Math.fround(0.3))).toEqual([]);
});

test('outlines pixels by their outer corners, scaled', () => {
  const region = { top: 2, left: [1], right: [3], pixels: 2, sum: 2 };
  expect([...outline(region, 2, 10)]).toEqual([2, 20, 2, 30, 6, 20, 6, 30]);
});
