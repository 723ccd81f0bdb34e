import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchTimes } from '../../engine/runtime/batch-times.ts';
import { StageShares } from '../../engine/runtime/stage-shares.ts';

describe('the times of batches', () => {
  it('are nothing until something is known', () => {
    const times = new BatchTimes(4);
    expect([times.known, times.at(1), times.at(4)]).toEqual([false, 0, 0]);
  });

  it('are a profile’s, and then more and more what is seen', () => {
    const times = new BatchTimes(2, items => 10 * items);
    expect([times.known, times.at(1), times.at(2)]).toEqual([true, 10, 20]);
    times.observe(1, 20);
    expect(times.at(1)).toBe(11);
    for (let i = 0; i < 100; i++) times.observe(1, 20);
    expect(times.at(1)).toBeCloseTo(20, 3);
  });

  it('are told by the second of a size where the first had kernels to compile', () => {
    const times = new BatchTimes(8);
    times.observe(8, 1300);
    expect(times.at(8)).toBe(1300);
    times.observe(8, 10);
    expect(times.at(8)).toBe(10);
    times.observe(8, 20);
    expect(times.at(8)).toBeCloseTo(11, 6);
  });

  it('move a little with each batch otherwise', () => {
    const times = new BatchTimes(8);
    for (const time of [10, 20]) times.observe(1, time);
    expect(times.at(1)).toBeCloseTo(11, 6);
  });

  it('of sizes not seen lie between those that were', () => {
    const times = new BatchTimes(8);
    times.observe(2, 20);
    times.observe(6, 40);
    expect([1, 2, 4, 6, 8].map(items => times.at(items))).toEqual([20, 20, 30, 40, (40 * 8) / 6]);
  });

  it('are kept for another largest batch', () => {
    const times = new BatchTimes(4, items => 10 * items);
    times.observe(1, 20);
    const larger = times.resized(8);
    expect([larger.at(1), larger.at(4), larger.at(8)]).toEqual([11, 40, 80]);
    expect(times.resized(1).at(1)).toBe(11);
  });

  it('of any size are a number, whatever was seen', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 99 }))),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 14 }),
        (batch, seen, other, items) => {
          const times = new BatchTimes(batch);
          for (const [size, time] of seen) times.observe(size, time);
          for (const each of [times, times.resized(other)]) expect(each.at(items)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('the shares of a group’s stages', () => {
  it('are equal until something was seen, and then as they were seen', () => {
    const shares = new StageShares([3, 5]);
    expect([shares.of(3), shares.of(5)]).toEqual([0.5, 0.5]);
    shares.observe([30, 10]);
    expect([shares.of(3), shares.of(5)]).toEqual([0.75, 0.25]);
    expect(new StageShares([4]).of(4)).toBe(1);
  });
});
