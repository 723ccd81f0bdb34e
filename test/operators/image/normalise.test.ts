import { expect, test } from 'vitest';
import { operator } from '../../../operators/image/normalise.ts';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';
import { picture } from './pictures.ts';

const small = picture(2, 2, (x, y) => [x * 255, y * 255, 51]);
const normalise = async (image: NumericTensor, params = {}) => {
  const { run } = await start(operator, params);
  return (await run({ image }))['tensor'] as NumericTensor;
};
const rounded = ({ data }: NumericTensor) =>
  Array.from(data as Float32Array, value => Math.round(value * 1e4) / 1e4);

test('puts channels first, from 0 to 1', async () => {
  const result = await normalise(small);
  expect(result.shape).toEqual([3, 2, 2]);
  expect(rounded(result)).toEqual([0, 1, 0, 1, 0, 0, 1, 1, 0.2, 0.2, 0.2, 0.2]);
});

test('or last', async () => {
  const result = await normalise(small, { layout: 'hwc' });
  expect(result.shape).toEqual([2, 2, 3]);
  expect(rounded(result)).toEqual([0, 0, 0.2, 1, 0, 0.2, 0, 1, 0.2, 1, 1, 0.2]);
});

test('takes off a mean and divides by a deviation, for each channel or for all', async () => {
  const each = await normalise(small, { mean: [0.5, 0, 0.2], std: [0.5, 2, 1] });
  expect(rounded(each)).toEqual([-1, 1, -1, 1, 0, 0, 0.5, 0.5, 0, 0, 0, 0]);
  const all = await normalise(small, { mean: 127.5, std: 127.5, scale: 1 });
  expect(rounded(all).slice(0, 2)).toEqual([-1, 1]);
});

test('gives a picture without channels one', async () => {
  const image = tensor('UINT8', [1, 2], Uint8Array.of(0, 255));
  expect(await normalise(image, { channels: 0 })).toEqual(tensor('FP32', [1, 1, 2], Float32Array.of(0, 1)));
  const { ports } = await start(operator, { channels: 0 });
  expect(ports.inputs['image']!.shape).toEqual(['height', 'width']);
});

test.each([{ mean: [1, 2] }, { std: [1, 1, 0] }, { std: 0 }])('refuses the parameters %j', async params => {
  await expect(start(operator, params)).rejects.toMatchObject({ code: 'invalid-pipeline' });
});
