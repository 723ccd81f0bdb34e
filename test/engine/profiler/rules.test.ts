import { describe, expect, it } from 'vitest';
import { bestBatch, isMeasured, nextBatch, sizesToCome } from '../../../engine/profiler/rules.ts';

/** As many times, within a share of 10 ms to either side. */
const times = (count: number, spread: number) =>
  Array.from({ length: count }, (_, index) => 10 * (1 + spread * Math.sin(index)));

describe('a batch size is measured', () => {
  it.each([
    ['after 200 repetitions, however they vary', 200, 0.9, 1000, false, true],
    ['not before, while its median is uncertain', 190, 0.9, 1000, false, false],
    ['after a hundred, if its median is certain', 100, 0.01, 1000, false, true],
    ['not before, since its 99th percentile is made up', 90, 0, 1000, false, false],
    ['not within a second, since what is rare was not met', 2000, 0, 999, false, false],
    ['within a second, if the time is over', 2000, 0, 999, true, true],
    ['after 20,000, however soon', 20_000, 0.9, 999, false, true],
    ['after five, if the time is over', 5, 0.9, 0, true, true],
    ['not before, even then', 4, 0, 0, true, false],
  ])('%s', (_, count, spread, elapsed, timeIsOver, measured) => {
    expect(isMeasured(times(count, spread), { elapsed, most: undefined, timeIsOver })).toBe(measured);
  });

  it.each([
    ['be that few', 3],
    ['be that many', 500],
  ])('after as many as were asked for, %s', (_, most) => {
    const at = { elapsed: 0, most, timeIsOver: false };
    expect(isMeasured(times(most - 1, 0.9), at)).toBe(false);
    expect(isMeasured(times(most, 0.9), at)).toBe(true);
  });
});

/** Batch sizes 1, 2, 4, … with these rates of items. */
const measured = (...rates: number[]) =>
  rates.map((rate, index) => ({ batch: 2 ** index, median: (2 ** index / rate) * 1000 }));

describe('the next batch size', () => {
  it.each([
    ['is 1 at first', [], 1],
    ['doubles while throughput grows', [100, 150, 200], 8],
    ['doubles after one size that gave nothing', [100, 150, 150], 8],
    ['doubles once more where the second gave a little more than 5 %', [100, 100, 106], 8],
    ['is none after two sizes that gave less than 5 %', [100, 104, 104.9], null],
    ['is none after two sizes that lost', [100, 90, 80], null],
    ['is none after the largest', [100, 150, 200, 250, 300, 350], null],
  ])('%s', (_, rates, next) => {
    expect(nextBatch(measured(...rates), 32)).toBe(next);
  });

  it('ends at the largest asked for, if that is no power of two', () => {
    expect(nextBatch(measured(100, 150, 200), 6)).toBe(6);
    expect(nextBatch([{ batch: 6, median: 1 }], 6)).toBe(null);
  });
});

describe('the sizes that may come', () => {
  it.each([
    [[], 32, 3],
    [[100], 32, 2],
    [[100, 150], 32, 2],
    [[100, 150, 200, 250, 300], 32, 1],
    [[], 1, 1],
    [[], 2, 2],
  ])('after %j, up to %d, are %d', (rates, most, sizes) => {
    expect(sizesToCome(measured(...rates), most)).toBe(sizes);
  });
});

describe('the best batch size', () => {
  it('has the highest throughput', () => {
    expect(bestBatch(measured(100, 200, 150))).toBe(2);
  });

  it('is the smallest of those that differ by noise', () => {
    expect(bestBatch(measured(100, 200, 203))).toBe(2);
  });
});
