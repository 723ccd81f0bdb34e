import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../operators/index.ts';
import { operator } from '../../operators/softmax.ts';
import { start } from './start.ts';

const softmax = async (shape: number[], data: ArrayLike<number>) => {
  const { run } = await start(operator);
  return (await run({ in: tensor('FP32', shape, Float32Array.from(data)) }))['out'] as NumericTensor;
};

test('gives the known probabilities', async () => {
  const out = await softmax([3], [1, 2, 3]);
  expect(out.data[0]).toBeCloseTo(0.09003, 5);
  expect(out.data[2]).toBeCloseTo(0.66524, 5);
});

test('sums to 1 along the last axis, whatever the scores', async () => {
  const scores = fc.double({ min: -1e30, max: 1e30, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 4 })
        .chain(rows => fc.tuple(fc.constant(rows), fc.integer({ min: 1, max: 9 }))),
      fc.infiniteStream(scores),
      async ([rows, columns], stream) => {
        const out = await softmax([rows, columns], [...stream.take(rows * columns)]);
        expect(out.shape).toEqual([rows, columns]);
        for (let row = 0; row < rows; row++) {
          const sum = out.data.slice(row * columns, (row + 1) * columns) as Float32Array;
          expect(sum.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('takes a scalar and an empty tensor', async () => {
  expect([...(await softmax([], [5])).data]).toEqual([1]);
  expect((await softmax([2, 0], [])).shape).toEqual([2, 0]);
});
