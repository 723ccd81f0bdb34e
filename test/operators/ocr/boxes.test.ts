import { expect, test } from 'vitest';
import { tensor, type NumericTensor } from '../../../operators/index.ts';
import { operator } from '../../../operators/ocr/boxes.ts';
import { start } from '../start.ts';

type Bar = readonly [left: number, top: number, width: number, height: number, heat: number];

/** A heatmap of `width` x `height` with bars of heat in it. */
function heatmap(width: number, height: number, bars: readonly Bar[]): NumericTensor {
  const heat = new Float32Array(width * height);
  for (const [left, top, w, h, value] of bars) {
    for (let y = top; y < top + h; y++) heat.fill(value, y * width + left, y * width + left + w);
  }
  return tensor('FP32', [1, height, width], heat);
}

const find = async (bars: readonly Bar[], params = {}, scale = [1, 1]) => {
  const { run } = await start(operator, params);
  const inputs = { heatmap: heatmap(100, 80, bars), scale: tensor('FP32', [2], Float32Array.from(scale)) };
  const { boxes, scores } = await run(inputs);
  return {
    boxes: (boxes as NumericTensor[]).map(({ data }) => Array.from(data as Float32Array, Math.round)),
    scores: (scores as NumericTensor[]).map(({ data }) => Number(data[0])),
  };
};

test('finds bars of heat in reading order, grown by the unclip ratio', async () => {
  // 40 x 10 grows by 400 * 2 / 100 = 8 on each side.
  const { boxes, scores } = await find(
    [
      [20, 50, 40, 10, 0.75],
      [20, 10, 40, 10, 1],
    ],
    { unclip: 2 },
  );
  expect(boxes).toEqual([
    [12, 2, 68, 2, 68, 28, 12, 28],
    [12, 42, 68, 42, 68, 68, 12, 68],
  ]);
  expect(scores).toEqual([1, 0.75]);
});

test("gives boxes in the picture's pixels", async () => {
  const { boxes } = await find([[20, 10, 40, 10, 1]], { unclip: 0 }, [0.5, 0.25]);
  expect(boxes).toEqual([[40, 40, 120, 40, 120, 80, 40, 80]]);
});

test('leaves out what is too cold, too faint or too small', async () => {
  const bars: Bar[] = [
    [5, 5, 20, 10, 0.25],
    [40, 5, 20, 10, 0.5],
    [5, 40, 20, 2, 0.9],
  ];
  expect((await find(bars)).boxes).toEqual([]);
  expect((await find(bars, { 'box-threshold': 0.4 })).boxes).toHaveLength(1);
  expect((await find(bars, { 'min-size': 2 })).boxes).toHaveLength(1);
});

test('keeps the largest of too many', async () => {
  const { boxes } = await find(
    [
      [5, 5, 10, 5, 1],
      [5, 30, 30, 8, 1],
      [60, 5, 9, 4, 1],
    ],
    { 'max-boxes': 1, unclip: 0 },
  );
  expect(boxes).toEqual([[5, 30, 35, 30, 35, 38, 5, 38]]);
});

test('finds nothing in an empty heatmap', async () => {
  expect(await find([])).toEqual({ boxes: [], scores: [] });
});
