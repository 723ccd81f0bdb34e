import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../operators/index.ts';
import { operator } from '../../operators/threshold.ts';
import { start } from './start.ts';

test('says which numbers reach the threshold, and NaN does not', async () => {
  const { run } = await start(operator, { at: 0.5 });
  const { out } = await run({ in: tensor('FP32', [2, 2], Float32Array.of(0.4, 0.5, 0.6, NaN)) });
  expect(out).toEqual({ datatype: 'BOOL', shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) });
  expect((out as NumericTensor).shape).toEqual([2, 2]);
});
