import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tensor, texts, type BytesTensor, type NumericTensor } from '../../operators/index.ts';
import { operator } from '../../operators/topk.ts';
import { start } from './start.ts';

const vector = (values: readonly number[]) => tensor('FP32', [values.length], Float32Array.from(values));

test('equals a sort, of equals the earlier first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 }),
      fc.nat(),
      async (values, seed) => {
        const k = 1 + (seed % values.length);
        const { run } = await start(operator, { k });
        const out = await run({ in: vector(values) });
        const sorted = values
          .map((value, i) => [value, i] as const)
          .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
        const kept = sorted.slice(0, k);
        expect([...(out['values'] as NumericTensor).data]).toEqual(kept.map(([value]) => value));
        expect([...(out['indices'] as NumericTensor).data]).toEqual(kept.map(([, i]) => BigInt(i)));
      },
    ),
    { numRuns: 100 },
  );
});

test('names what it keeps', async () => {
  const { run, ports } = await start(operator, { k: 2, labels: ['cat', 'dog', 'Kühe'] });
  expect(ports.inputs['in']!.shape).toEqual([3]);
  const out = await run({ in: vector([0.1, 0.3, 0.6]) });
  expect(texts(out['labels'] as BytesTensor)).toEqual(['Kühe', 'dog']);
});

test('ranks NaN last', async () => {
  const { run } = await start(operator, { k: 2 });
  const out = await run({ in: vector([NaN, -1, -Infinity]) });
  expect([...(out['indices'] as NumericTensor).data]).toEqual([1n, 0n]);
});

test('refuses more than there are', async () => {
  const { refusal } = await start(operator, { k: 4 });
  expect(await refusal({ in: vector([1, 2]) })).toMatchObject({
    code: 'invalid-input',
    message: 'the 4 greatest of 2 numbers were asked for',
  });
  await expect(start(operator, { k: 3, labels: ['a'] })).rejects.toMatchObject({ code: 'invalid-pipeline' });
});

test('refuses another number of values than of labels', async () => {
  const { refusal } = await start(operator, { labels: ['a', 'b'] });
  expect((await refusal({ in: vector([1, 2, 3]) })).message).toBe('3 numbers, but 2 labels');
});
