import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { operator } from '../../../operators/ocr/crop.ts';
import { corners } from '../../../operators/ocr/geometry/rectangle.ts';
import { picture } from '../image/pictures.ts';
import { start } from '../start.ts';

const box = (points: readonly number[]) => tensor('FP32', [4, 2], Float32Array.from(points));
const upright = (left: number, top: number, right: number, bottom: number) =>
  box([left, top, right, top, right, bottom, left, bottom]);

/** Black and 200 by turns, 10 pixels wide, along an axis at `angle` through (60, 60). */
const stripes = (angle: number) =>
  picture(120, 120, (x, y) => {
    const along = (x - 59.5) * Math.cos(angle) + (y - 59.5) * Math.sin(angle);
    return Math.floor(along / 10) % 2 === 0 ? [0, 0, 0] : [200, 200, 200];
  });

const crop = async (image: NumericTensor, boxes: readonly NumericTensor[], params = {}) => {
  const { run } = await start(operator, { mean: 0, std: 1, scale: 1, ...params });
  return (await run({ image, boxes }))['crops'] as NumericTensor[];
};

test('brings crops to one height, each as wide as its box asks', async () => {
  const crops = await crop(stripes(0), [upright(0, 0, 100, 20), upright(0, 0, 30, 30)], { height: 24 });
  expect(crops.map(each => each.shape)).toEqual([
    [3, 24, 120],
    [3, 24, 24],
  ]);
});

test('a turned picture comes out upright', async () => {
  for (const degrees of [0, 7, 30, -45, 90, 180]) {
    const angle = (degrees * Math.PI) / 180;
    const rectangle = { x: 60, y: 60, ux: Math.cos(angle), uy: Math.sin(angle), width: 60, height: 16 };
    const box = tensor('FP32', [4, 2], corners(rectangle));
    const [result] = await crop(stripes(angle), [box], { height: 16 });
    expect(result!.shape).toEqual([3, 16, 60]);
    for (const y of [3, 8, 12]) {
      const middles = [5, 15, 25, 35, 45, 55].map(x => Number(result!.data[y * 60 + x]) > 100);
      expect(middles, `${degrees} degrees`).toEqual([true, false, true, false, true, false]);
    }
  }
});

test('lays what is much taller than wide on its side, its top to the left', async () => {
  const image = picture(40, 80, (_x, y) => (y < 40 ? [0, 0, 0] : [200, 200, 200]));
  const [result] = await crop(image, [upright(10, 10, 20, 70)], { height: 10 });
  expect(result!.shape).toEqual([3, 10, 60]);
  expect([result!.data[5 * 60 + 2], result!.data[5 * 60 + 57]]).toEqual([0, 200]);
});

test('with a width, squeezes long crops and pads short ones with 0', async () => {
  const image = picture(100, 20, () => [255, 255, 255]);
  const params = { height: 10, width: 40, mean: 0.5, std: 0.5, scale: 1 / 255 };
  const [long, short] = await crop(image, [upright(0, 0, 100, 20), upright(0, 0, 20, 20)], params);
  const whole = ({ data }: NumericTensor) => Array.from(data as Float32Array, Math.round);
  expect(new Set(whole(long!))).toEqual(new Set([1]));
  expect(short!.shape).toEqual([3, 10, 40]);
  expect(whole(short!).slice(0, 40)).toEqual([...Array(10).fill(1), ...Array(30).fill(0)]);
});

test('squeezes crops that are wider than allowed', async () => {
  const [result] = await crop(stripes(0), [upright(0, 50, 120, 54)], { height: 48, 'max-width': 300 });
  expect(result!.shape).toEqual([3, 48, 300]);
});

test('normalises as told', async () => {
  const image = picture(8, 8, () => [0, 51, 255]);
  const [result] = await crop(image, [upright(0, 0, 8, 8)], {
    height: 2,
    mean: [0, 0, 1],
    std: 0.5,
    scale: 1 / 255,
  });
  expect(Array.from(result!.data as Float32Array, value => value.toFixed(3))).toEqual(
    ['0.000', '0.400', '0.000'].flatMap(value => Array(4).fill(value)),
  );
});

test('survives boxes without size or far outside', async () => {
  const crops = await crop(
    stripes(0),
    [upright(5, 5, 5, 5), upright(5, 5, 50, 5), upright(900, 900, 990, 930)],
    {
      'max-width': 64,
    },
  );
  for (const { data } of crops) expect((data as Float32Array).every(Number.isFinite)).toBe(true);
});

test('gives no crops of no boxes', async () => {
  expect(await crop(stripes(0), [])).toEqual([]);
});

test('refuses a corner that is not a number, and a picture without pixels', async () => {
  const { refusal } = await start(operator);
  expect(
    await refusal({ image: stripes(0), boxes: [upright(0, 0, 9, 9), upright(0, NaN, 9, 9)] }),
  ).toMatchObject({
    code: 'invalid-input',
    message: 'a corner of box 1 is not a number',
  });
  const image = tensor('UINT8', [0, 0, 3], new Uint8Array(0));
  expect(await refusal({ image, boxes: [] })).toMatchObject({ code: 'invalid-input' });
});
