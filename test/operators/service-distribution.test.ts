import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawFrom,
  keyedPrefix,
  keyedUniform,
  ServiceDistribution,
  type BatchTimes,
} from '../../operators/index.ts';

const points: BatchTimes[] = [
  {
    batch: 2,
    mean: 11,
    quantiles: [
      { percentage: 10, time: 10 },
      { percentage: 50, time: 12 },
      { percentage: 90, time: 20 },
    ],
  },
  { batch: 6, mean: 30, quantiles: [] },
  {
    batch: 8,
    mean: 40,
    quantiles: [
      { percentage: 50, time: 40 },
      { percentage: 99.5, time: 139 },
    ],
  },
];
const times = new ServiceDistribution(points);

/** Measured times of any batch sizes, with quantiles that never fall. */
const measured = fc
  .uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
  .chain(sizes =>
    fc.tuple(
      ...sizes
        .toSorted((a, b) => a - b)
        .map(batch =>
          fc.record({
            batch: fc.constant(batch),
            mean: fc.double({ min: 0.1, max: 100, noNaN: true }),
            quantiles: fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 6 }).chain(tenths =>
              fc
                .array(fc.double({ min: 0, max: 100, noNaN: true }), {
                  minLength: tenths.length,
                  maxLength: tenths.length,
                })
                .map(values => {
                  const rising = values.toSorted((a, b) => a - b);
                  const percentages = tenths.toSorted((a, b) => a - b);
                  return percentages.map((tenth, at) => ({ percentage: tenth / 10, time: rising[at]! }));
                }),
            ),
          }),
        ),
    ),
  );
const uniform = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('the time of a batch', () => {
  it('is drawn linearly between quantiles', () => {
    expect(times.draw(2, 0.5)).toBe(12);
    expect(times.draw(2, 0.3)).toBeCloseTo(11, 9);
    expect(times.draw(2, 0.7)).toBeCloseTo(16, 9);
  });

  it('is constant beyond the outermost quantiles', () => {
    expect([times.draw(2, 0), times.draw(2, 0.0999)]).toEqual([10, 10]);
    expect([times.draw(2, 0.9), times.draw(2, 0.9999)]).toEqual([20, 20]);
    expect([times.least(2), times.most(2)]).toEqual([10, 20]);
  });

  it('is always the mean where no quantiles are known', () => {
    expect([times.draw(6, 0), times.draw(6, 0.99), times.mean(6)]).toEqual([30, 30, 30]);
  });

  it('is interpolated between batch sizes at the same uniform number', () => {
    expect(times.draw(3, 0.5)).toBeCloseTo(0.75 * 12 + 0.25 * 30, 9);
    expect(times.draw(7, 0.75)).toBeCloseTo((30 + times.draw(8, 0.75)) / 2, 9);
  });

  it('is that of the smallest batch size for smaller ones', () => {
    expect(times.draw(1, 0.4)).toBe(times.draw(2, 0.4));
    expect(times.mean(1)).toBe(times.mean(2));
  });

  it('of more items than were measured is refused', () => {
    expect(times.largest).toBe(8);
    expect(() => times.draw(9, 0.5)).toThrow('batches of 9 were not measured, the largest is 8');
  });

  it('lies between the least and the most, and rises with the uniform number', () => {
    fc.assert(
      fc.property(measured, fc.nat(), uniform, uniform, (all, size, a, b) => {
        const distribution = new ServiceDistribution(all);
        const batch = 1 + (size % distribution.largest);
        const [low, high] = [
          distribution.draw(batch, Math.min(a, b)),
          distribution.draw(batch, Math.max(a, b)),
        ];
        expect(low).toBeGreaterThanOrEqual(distribution.least(batch) - 1e-9);
        expect(high).toBeLessThanOrEqual(distribution.most(batch) + 1e-9);
        expect(low).toBeLessThanOrEqual(high + 1e-9);
      }),
    );
  });

  it('between two batch sizes is the same mix of theirs everywhere', () => {
    fc.assert(
      fc.property(measured, fc.nat(), uniform, (all, size, at) => {
        const distribution = new ServiceDistribution(all);
        const batch = 1 + (size % distribution.largest);
        const upper = all.find(point => point.batch >= batch)!.batch;
        const lower = all.findLast(point => point.batch <= batch)?.batch ?? upper;
        const weight = upper === lower ? 0 : (batch - lower) / (upper - lower);
        const mix = (1 - weight) * distribution.draw(lower, at) + weight * distribution.draw(upper, at);
        expect(distribution.draw(batch, at)).toBeCloseTo(mix, 6);
      }),
    );
  });
});

describe('the mean', () => {
  it('is that of what is drawn', () => {
    fc.assert(
      fc.property(measured, fc.nat(), (all, size) => {
        const distribution = new ServiceDistribution(all);
        const batch = 1 + (size % distribution.largest);
        const steps = 20_000;
        let sum = 0;
        for (let step = 0; step < steps; step++) sum += distribution.draw(batch, (step + 0.5) / steps);
        // Near a steep rise one step is off by up to its height.
        expect(Math.abs(sum / steps - distribution.mean(batch))).toBeLessThan(0.02);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a draw for keys', () => {
  it('is the same whether its first keys were prepared or not', () => {
    const key = fc.integer();
    fc.assert(
      fc.property(key, key, key, key, (a, b, c, d) => {
        expect(drawFrom(keyedPrefix(a, b), c, d)).toBe(keyedUniform(a, b, c, d));
      }),
    );
  });

  it('is uniform over queries, and unlike that of the next seed, stage or item', () => {
    const count = 50_000;
    const drawn = (seed: number, stage: number, item: number) => {
      const prefix = keyedPrefix(seed, stage);
      return Float64Array.from({ length: count }, (_, query) => drawFrom(prefix, query, item));
    };
    const base = drawn(1, 0, 0);
    const shares = Array.from<number>({ length: 20 }).fill(0);
    for (const value of base) shares[Math.floor(20 * value)]! += 20 / count;
    for (const share of shares) expect(Math.abs(share - 1)).toBeLessThan(0.1);
    for (const other of [drawn(2, 0, 0), drawn(1, 1, 0), drawn(1, 0, 1)]) {
      const products = base.map((value, query) => 12 * (value - 0.5) * (other[query]! - 0.5));
      expect(Math.abs(products.reduce((sum, product) => sum + product, 0) / count)).toBeLessThan(0.02);
    }
  });
});
