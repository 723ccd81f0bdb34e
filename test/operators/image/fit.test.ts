import { expect, test } from 'vitest';
import { operator } from '../../../operators/image/fit.ts';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';
import { picture } from './pictures.ts';

const fit = async (image: NumericTensor, params: Record<string, unknown>) => {
  const { run } = await start(operator, params);
  const outputs = await run({ image });
  return { image: outputs['image'] as NumericTensor, scale: [...(outputs['scale'] as NumericTensor).data] };
};
const plain = (width: number, height: number) => picture(width, height, () => [200, 100, 50]);

test('shrinks the longest side, to multiples, and says by how much', async () => {
  const { image, scale } = await fit(plain(90, 80), { longest: 64, multiple: 32 });
  expect(image.shape).toEqual([64, 64, 3]);
  expect(scale[0]).toBeCloseTo(64 / 90, 6);
  expect(scale[1]).toBeCloseTo(64 / 80, 6);
  expect([...image.data].slice(-3)).toEqual([200, 100, 50]);
});

test('leaves smaller pictures alone unless told to enlarge them', async () => {
  const small = plain(20, 10);
  expect((await fit(small, { longest: 64 })).image).toBe(small);
  expect((await fit(small, { longest: 64, enlarge: true })).image.shape).toEqual([32, 64, 3]);
});

test('never gives a picture without pixels', async () => {
  expect((await fit(plain(500, 1), { longest: 50 })).image.shape).toEqual([1, 50, 3]);
  expect((await fit(plain(500, 1), { longest: 64, multiple: 32 })).image.shape).toEqual([32, 64, 3]);
});

test('contains: pads to the right and below', async () => {
  const { image, scale } = await fit(plain(40, 20), { width: 20, height: 20, pad: 9 });
  expect(image.shape).toEqual([20, 20, 3]);
  expect(scale).toEqual([0.5, 0.5]);
  expect([...image.data].slice(0, 3)).toEqual([200, 100, 50]);
  expect([...image.data].slice(-3)).toEqual([9, 9, 9]);
});

test('covers: cuts off evenly', async () => {
  const halves = picture(40, 20, x => [x < 20 ? 0 : 255]);
  const { image } = await fit(halves, { width: 10, height: 10, mode: 'cover' });
  expect(image.shape).toEqual([10, 10, 1]);
  expect([image.data[0], image.data[9]]).toEqual([0, 255]);
});

test('fills: stretches', async () => {
  const { image, scale } = await fit(plain(40, 20), { width: 10, height: 30, mode: 'fill' });
  expect(image.shape).toEqual([30, 10, 3]);
  expect(scale).toEqual([0.25, 1.5]);
});

test('does not alias: a fine chequerboard becomes grey', async () => {
  const board = picture(160, 160, (x, y) => [(x + y) % 2 ? 255 : 0]);
  const { image } = await fit(board, { longest: 40 });
  for (const value of image.data.slice(400, 440)) expect(Math.abs(Number(value) - 128)).toBeLessThan(12);
});

test('knows its size where the parameters say it', async () => {
  const { ports } = await start(operator, { width: 28, height: 14 });
  expect(ports.outputs['image']!.shape).toEqual([14, 28, 'channels']);
});

test.each([{}, { width: 3 }, { longest: 3, width: 3, height: 3 }])(
  'refuses the parameters %j',
  async params => {
    await expect(start(operator, params)).rejects.toMatchObject({ code: 'invalid-pipeline' });
  },
);

test('refuses a picture without pixels', async () => {
  const { refusal } = await start(operator, { longest: 10 });
  const image = tensor('UINT8', [0, 5, 3], new Uint8Array(0));
  expect(await refusal({ image })).toMatchObject({ code: 'invalid-input' });
});
