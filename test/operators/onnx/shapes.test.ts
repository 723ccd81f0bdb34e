/** The few shapes that a device is offered that prepares for each. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledUp, paddedSize } from '../../../operators/onnx/shapes.ts';

describe('a batch', () => {
  it('is filled up with its last item to a power of two', () => {
    expect(filledUp(['a'], 'cuda')).toEqual(['a']);
    expect(filledUp(['a', 'b', 'c'], 'cuda')).toEqual(['a', 'b', 'c', 'c']);
    expect(filledUp(['a', 'b', 'c', 'd', 'e'], 'webgpu')).toEqual(['a', 'b', 'c', 'd', 'e', 'e', 'e', 'e']);
  });

  it('is what it is on the processor', () => {
    const items = ['a', 'b', 'c'];
    expect(filledUp(items, 'cpu')).toBe(items);
  });
});

describe('a padded axis', () => {
  it('has the next multiple on the processor', () => {
    expect([1, 32, 33, 300].map(size => paddedSize(size, 32, 'cpu'))).toEqual([32, 32, 64, 320]);
  });

  it('has one of two sizes for each doubling elsewhere', () => {
    const sizes = [0, 1, 32, 33, 64, 65, 97, 129, 193, 257, 385].map(size => paddedSize(size, 32, 'cuda'));
    expect(sizes).toEqual([32, 32, 32, 64, 64, 96, 128, 192, 256, 384, 512]);
  });

  it('is as wide as the widest item, a multiple, and at most half as wide again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 64 }), (widest, multiple) => {
        const size = paddedSize(widest, multiple, 'cuda');
        const least = paddedSize(widest, multiple, 'cpu');
        expect(size % multiple).toBe(0);
        expect(size).toBeGreaterThanOrEqual(least);
        expect(size).toBeLessThanOrEqual(1.5 * least);
      }),
    );
  });
});
