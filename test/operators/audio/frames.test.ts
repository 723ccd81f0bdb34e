import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { operator } from '../../../operators/audio/frames.ts';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';

const vector = (values: ArrayLike<number>) => tensor('FP32', [values.length], Float32Array.from(values));
const ramp = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** The frames of samples that come in chunks. */
async function frames(chunks: readonly (readonly number[])[], params: { size: number; context: number }) {
  const { run } = await start(operator, params);
  const all: number[][] = [];
  let carry = vector([]);
  for (const [i, chunk] of chunks.entries()) {
    const outputs = await run({ samples: vector(chunk), carry }, { last: i === chunks.length - 1 });
    all.push(...(outputs['frames'] as NumericTensor[]).map(({ data }) => [...(data as Float32Array)]));
    carry = outputs['carry'] as NumericTensor;
  }
  return all;
}

test('starts each frame with the samples before it, and fills up the last', async () => {
  expect(await frames([ramp(7)], { size: 3, context: 2 })).toEqual([
    [0, 0, 1, 2, 3],
    [2, 3, 4, 5, 6],
    [5, 6, 7, 0, 0],
  ]);
});

test('takes no carry as the start of the stream', async () => {
  const { run } = await start(operator, { size: 2, context: 1 });
  const outputs = await run({ samples: vector([1, 2, 3]) }, { last: false });
  expect(outputs['frames']).toEqual([vector([0, 1, 2])]);
  expect([...(outputs['carry'] as NumericTensor).data]).toEqual([2, 3]);
});

test('gives the same frames however the samples are cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(5),
      async (lengths, size, context) => {
        const samples = ramp(lengths.reduce((sum, length) => sum + length, 0));
        let at = 0;
        const chunks = lengths.map(length => samples.slice(at, (at += length)));
        expect(await frames(chunks, { size, context })).toEqual(await frames([samples], { size, context }));
      },
    ),
    { numRuns: 100 },
  );
});

test('makes one frame of fewer samples than a frame has, and none of none', async () => {
  expect(await frames([[7]], { size: 3, context: 1 })).toEqual([[0, 7, 0, 0]]);
  expect(await frames([[]], { size: 3, context: 1 })).toEqual([]);
  expect(await frames([ramp(3), []], { size: 3, context: 1 })).toHaveLength(1);
});

test('refuses a carry that can hold no context', async () => {
  const { refusal } = await start(operator, { size: 3, context: 4 });
  expect(await refusal({ samples: vector([1]), carry: vector([1, 2]) })).toMatchObject({
    code: 'invalid-input',
  });
});
