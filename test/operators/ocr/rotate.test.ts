import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { operator } from '../../../operators/ocr/rotate.ts';
import { start } from '../start.ts';

const crop = tensor(
  'FP32',
  [2, 2, 3],
  Float32Array.from({ length: 12 }, (_, i) => i),
);
const angle = (upsideDown: number) => tensor('FP32', [2], Float32Array.of(1 - upsideDown, upsideDown));

test('turns each plane by half where the crop is upside down', async () => {
  const { run } = await start(operator);
  const out = await run({ crop, angle: angle(0.95) });
  expect((out['crop'] as NumericTensor).shape).toEqual([2, 2, 3]);
  expect([...(out['crop'] as NumericTensor).data]).toEqual([5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6]);
  expect([...(out['flipped'] as NumericTensor).data]).toEqual([1]);
  expect([...crop.data].slice(0, 3)).toEqual([0, 1, 2]);
});

test('leaves a crop alone below the threshold', async () => {
  const { run } = await start(operator, { threshold: 0.97 });
  const out = await run({ crop, angle: angle(0.95) });
  expect(out['crop']).toBe(crop);
  expect([...(out['flipped'] as NumericTensor).data]).toEqual([0]);
});
