import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stack, stackBytes, unstack } from '../../../operators/onnx/stack.ts';
import {
  bytes,
  sizeOf,
  tensor,
  texts,
  type BytesTensor,
  type NumericTensor,
} from '../../../operators/index.ts';

const fresh = (size: number) => new ArrayBuffer(size);
const floats = (shape: number[], from = 0): NumericTensor =>
  tensor(
    'FP32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => from + index),
  );

describe('stacking a batch', () => {
  it('puts items one after the other along axis 0', () => {
    const batch = stack([floats([2], 0), floats([2], 10)], 0, null, fresh);
    expect(batch).toEqual(tensor('FP32', [2, 2], Float32Array.of(0, 1, 10, 11)));
  });

  it('interleaves along a later axis, as Silero VAD’s state wants it', () => {
    const batch = stack([floats([2, 2], 0), floats([2, 2], 10)], 1, null, fresh);
    expect(batch.shape).toEqual([2, 2, 2]);
    expect([...batch.data]).toEqual([0, 1, 10, 11, 2, 3, 12, 13]);
  });

  it('pads to the size asked for', () => {
    const padding = { axis: 1, size: 3, value: -1 };
    const batch = stack([floats([2, 2]), floats([2, 3], 10)], 0, padding, fresh);
    expect(batch.shape).toEqual([2, 2, 3]);
    expect([...batch.data]).toEqual([0, 1, -1, 2, 3, -1, 10, 11, 12, 13, 14, 15]);
  });

  it('does not copy a lone item, unless it lies in shared memory', () => {
    const item = floats([4]);
    expect(stack([item], 0, null, fresh).data).toBe(item.data);
    const shared = tensor('FP32', [4], new Float32Array(new SharedArrayBuffer(16)));
    expect(stack([shared], 0, null, fresh).data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('uses no more of scratch memory than it needs, whatever is in it', () => {
    const scratch = new Float32Array(100).fill(9).buffer;
    const batch = stack([floats([1]), floats([2])], 0, { axis: 0, size: 2, value: 0 }, () => scratch);
    expect([...batch.data]).toEqual([0, 0, 0, 1]);
  });

  it('is undone by taking it apart, along any axis', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 5 }), fc.nat(3), (dimensions, count, at) => {
        const axis = Math.min(at, dimensions.length);
        const items = Array.from({ length: count }, (_, index) => floats(dimensions, index * 100));
        const parts = unstack(stack(items, axis, null, fresh), axis) as NumericTensor[];
        expect(parts.map(({ shape: each, data }) => [each, ...data])).toEqual(
          items.map(({ shape: each, data }) => [each, ...data]),
        );
      }),
    );
  });

  it('handles byte strings alike', () => {
    const words = ['a', 'b', 'c', 'd'].map(word => new TextEncoder().encode(word));
    const items = [bytes(words.slice(0, 2)), bytes(words.slice(2))];
    expect(texts(stackBytes(items, 1))).toEqual(['a', 'c', 'b', 'd']);
    expect(unstack(stackBytes(items, 1), 1).map(item => texts(item as BytesTensor))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });
});
