import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { operator } from '../../../operators/ocr/order.ts';
import { start } from '../start.ts';

const box = (left: number, top: number) =>
  tensor('FP32', [4, 2], Float32Array.of(left, top, left + 80, top, left + 80, top + 20, left, top + 20));
const flags = (values: readonly number[]) => values.map(value => tensor('BOOL', [1], Uint8Array.of(value)));
const boxes = [box(0, 40), box(100, 2), box(0, 0)];

const order = async (flipped: readonly number[]) => {
  const { run } = await start(operator);
  return [...((await run({ boxes, flipped: flags(flipped) }))['order'] as NumericTensor).data];
};

test('reads lines from the top and from the left', async () => {
  expect(await order([0, 0, 0])).toEqual([2n, 1n, 0n]);
});

test('reads from the other end where most lines are upside down', async () => {
  expect(await order([1, 0, 1])).toEqual([0n, 1n, 2n]);
  expect(await order([1, 0, 0])).toEqual([2n, 1n, 0n]);
});

test('orders no boxes', async () => {
  const { run } = await start(operator);
  expect((await run({ boxes: [], flipped: [] }))['order']).toMatchObject({ shape: [0] });
});

test('refuses lists of unlike length', async () => {
  const { refusal } = await start(operator);
  expect(await refusal({ boxes, flipped: flags([1]) })).toMatchObject({ code: 'invalid-input' });
});
