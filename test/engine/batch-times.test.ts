import { describe, expect, it } from 'vitest';
import { BatchTimes } from '../../engine/runtime/batch-times.ts';

describe('how long batches take', () => {
  it('is told by the second of a size where the first had kernels to compile', () => {
    const times = new BatchTimes(8);
    times.observe(8, 1300);
    expect(times.at(8)).toBe(1300);
    times.observe(8, 10);
    expect(times.at(8)).toBe(10);
    times.observe(8, 20);
    expect(times.at(8)).toBeCloseTo(11, 6);
  });

  it('moves a little with each batch otherwise', () => {
    const times = new BatchTimes(8);
    for (const time of [10, 20]) times.observe(1, time);
    expect(times.at(1)).toBeCloseTo(11, 6);
  });

  it('is what the profile says until it is seen to be otherwise', () => {
    const times = new BatchTimes(4, items => 10 * items);
    times.observe(2, 10);
    expect(times.at(2)).toBeCloseTo(19, 6);
  });
});
