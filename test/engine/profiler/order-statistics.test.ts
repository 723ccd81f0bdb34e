import { array, assert, float, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, medianInterval, quantile } from '../../../engine/profiler/order-statistics.ts';
import { keyedUniform } from '../../../operators/index.ts';

describe('a quantile', () => {
  it('lies between the order statistics, linearly', () => {
    const sorted = [1, 2, 4, 8, 16];
    expect([0, 25, 50, 60, 99, 100].map(percentage => quantile(sorted, percentage))).toEqual([
      1,
      2,
      4,
      expect.closeTo(5.6),
      expect.closeTo(15.68),
      16,
    ]);
  });

  it('is the only value where there is one', () => {
    expect([0, 37, 100].map(percentage => quantile([7], percentage))).toEqual([7, 7, 7]);
  });

  it('is the middle, as a median, in whatever order the values come', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1])).toBe(5);
  });
});

describe('the interval of a median', () => {
  it('has the ranks of the binomial distribution', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(medianInterval(sorted)).toEqual([40, 61]);
  });

  it('is all there is where there is little', () => {
    expect(medianInterval([3])).toEqual([3, 3]);
    expect(medianInterval([1, 2, 3, 4])).toEqual([1, 4]);
  });

  it('holds the median', () => {
    assert(
      property(array(float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), values => {
        const sorted = [...values].sort((a, b) => a - b);
        const [low, high] = medianInterval(sorted);
        expect(low).toBeLessThanOrEqual(quantile(sorted, 50));
        expect(high).toBeGreaterThanOrEqual(quantile(sorted, 50));
      }),
    );
  });

  it('misses the true median of a skewed distribution in about one sample of twenty', () => {
    const samples = 2000;
    const draws = (sample: number) =>
      Array.from({ length: 60 }, (_, i) => -Math.log(1 - keyedUniform(sample, i))).sort((a, b) => a - b);
    let missed = 0;
    for (let sample = 0; sample < samples; sample++) {
      const [low, high] = medianInterval(draws(sample));
      if (low > Math.LN2 || high < Math.LN2) missed++;
    }
    expect(missed / samples).toBeGreaterThan(0.01);
    expect(missed / samples).toBeLessThan(0.06);
  });
});
