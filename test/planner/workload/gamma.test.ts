import { describe, expect, it } from 'vitest';
import { describeArrivals } from '../../../planner/index.ts';
import { gammaArrivals, gammas } from '../../../planner/workload/gamma.ts';
import { uniforms } from '../../../planner/workload/generator.ts';

const take = (count: number, draw: () => number) => Float64Array.from({ length: count }, draw);
const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('uniform numbers', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(take(50, uniforms(7))).toEqual(take(50, uniforms(7)));
    expect(take(50, uniforms(7))).not.toEqual(take(50, uniforms(8)));
  });

  it('are in [0, 1), as often in each twentieth of it, for every seed', () => {
    for (const seed of [0, 1, 2, 2 ** 31, -1]) {
      const numbers = take(100_000, uniforms(seed));
      expect(numbers.every(number => number >= 0 && number < 1)).toBe(true);
      const counts = new Float64Array(20);
      for (const number of numbers) counts[Math.floor(number * 20)]!++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
      // Of 19 degrees of freedom: exceeded once in ten thousand.
      expect(chiSquare).toBeLessThan(50.8);
    }
  });

  it('have 53 bits', () => {
    const numbers = take(1000, uniforms(3));
    expect(numbers.every(number => Number.isInteger(number * 2 ** 53))).toBe(true);
    expect(numbers.some(number => !Number.isInteger(number * 2 ** 52))).toBe(true);
  });
});

describe('gamma-distributed numbers', () => {
  it.each([0.0625, 0.5, 1, 2.5, 40])('of shape %d have its mean, variance and skewness', shape => {
    const numbers = take(400_000, gammas(shape, uniforms(11)));
    const mean = meanOf(numbers);
    const variance = meanOf(numbers.map(value => (value - mean) ** 2));
    const skewness = meanOf(numbers.map(value => (value - mean) ** 3)) / variance ** 1.5;
    expect(Math.abs(mean / shape - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.05);
    expect(Math.abs(skewness / (2 / Math.sqrt(shape)) - 1)).toBeLessThan(0.1);
  });

  it('of shape 1 are exponential', () => {
    const numbers = take(100_000, gammas(1, uniforms(5))).sort();
    // Kolmogorov and Smirnov's distance: more than this once in a thousand.
    const distance = numbers.reduce(
      (most, value, index) => Math.max(most, Math.abs(1 - Math.exp(-value) - (index + 0.5) / numbers.length)),
      0,
    );
    expect(distance).toBeLessThan(1.95 / Math.sqrt(numbers.length));
  });
});

describe('a gamma process', () => {
  it.each([0.5, 1, 4])('of CV %d has its rate and CV', cv => {
    const arrivals = gammaArrivals(50, cv, 200_000, 1);
    const found = describeArrivals(arrivals);
    expect(Math.abs(found.rate / 50 - 1)).toBeLessThan(0.03);
    expect(Math.abs(found.cv / cv - 1)).toBeLessThan(0.03);
    expect(arrivals.every((arrival, index) => index === 0 || arrival >= arrivals[index - 1]!)).toBe(true);
  });

  it('of CV 0 is evenly spaced, from the first gap on', () => {
    expect([...gammaArrivals(100, 0, 4, 1)]).toEqual([10, 20, 30, 40]);
    expect(describeArrivals(gammaArrivals(100, 1e-9, 1000, 1)).cv).toBeLessThan(1e-6);
  });

  it('is a function of its seed', () => {
    expect(gammaArrivals(5, 2, 1000, 3)).toEqual(gammaArrivals(5, 2, 1000, 3));
    expect(gammaArrivals(5, 2, 1000, 3)).not.toEqual(gammaArrivals(5, 2, 1000, 4));
  });

  it('at another rate is the same process, faster', () => {
    const slow = gammaArrivals(5, 2, 100, 3);
    const fast = gammaArrivals(10, 2, 100, 3);
    for (const [index, arrival] of slow.entries()) expect(fast[index]! * 2).toBeCloseTo(arrival, 6);
  });
});
