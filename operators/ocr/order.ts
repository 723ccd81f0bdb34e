import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type NumericTensor } from '../tensor.ts';
import { readingOrder } from './geometry/reading-order.ts';
import { fromCorners } from './geometry/rectangle.ts';

function order(boxes: readonly NumericTensor[], flipped: readonly NumericTensor[]): Outputs | Error {
  if (flipped.length !== boxes.length) {
    return new MillraceError('invalid-input', `${boxes.length} boxes, but "flipped" of ${flipped.length}`);
  }
  const turned = flipped.filter(each => each.data[0] === 1).length;
  const rectangles = boxes.map(box => fromCorners(box.data as Float32Array));
  const indices = readingOrder(rectangles, turned * 2 > flipped.length);
  return { order: tensor('INT64', [indices.length], BigInt64Array.from(indices, BigInt)) };
}

export const operator: Operator<object> = {
  description:
    "Orders lines of text as they are read, in the text's own frame: upside down where most lines are.",
  ports: {
    inputs: {
      boxes: { datatype: 'FP32', shape: [4, 2], list: true },
      flipped: { datatype: 'BOOL', shape: [1], list: true, description: 'Whether each line is upside down' },
    },
    outputs: {
      order: { datatype: 'INT64', shape: ['boxes'], description: 'Indices of the boxes, first to last' },
    },
  },
  cost: 'light',
  create: () => ({
    run: batch =>
      batch.map(({ inputs }) =>
        order(inputs.boxes as readonly NumericTensor[], inputs.flipped as readonly NumericTensor[]),
      ),
  }),
};
