import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsBetween, LogHistogram, quantilesOf } from '../../../../engine/server/observe/log-histogram.ts';
import { RecentHistogram } from '../../../../engine/server/observe/recent.ts';

/** From what the buckets resolve to what they reach. */
const times = fc.double({ min: 2 ** -10, max: 2 ** 18, noNaN: true, minExcluded: true });

function recorded(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function nearestRank(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

describe('a histogram of times', () => {
  it('gives quantiles within 1/64 of the nearest rank', () => {
    const shares = [0, 0.5, 0.95, 0.99, 1];
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 300 }), values => {
        const found = quantilesOf(recorded(values), shares);
        for (const [place, share] of shares.entries()) {
          const exact = nearestRank(values, share);
          expect(Math.abs(found[place]! - exact) / exact).toBeLessThanOrEqual(1 / 64);
        }
      }),
    );
  });

  it('counts exactly what is not above a bound', () => {
    const bounds = boundsBetween(-4, 15, 2);
    const near = fc.oneof(times, fc.constantFrom(...bounds));
    fc.assert(
      fc.property(fc.array(near, { maxLength: 100 }), values => {
        const exact = bounds.map(bound => values.filter(value => value <= bound).length);
        expect(recorded(values).cumulative(bounds)).toEqual(exact);
      }),
    );
  });

  it('has bounds that people can read', () => {
    expect(boundsBetween(-1, 3, 2)).toEqual([0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8]);
    expect(boundsBetween(0, 4, 1)).toEqual([1, 2, 4, 8, 16]);
  });

  it('keeps what is beyond its buckets at their ends', () => {
    const histogram = recorded([0, -0, 1e-9, 1e12, Infinity]);
    expect(histogram.count).toBe(5);
    expect(quantilesOf(histogram, [0, 0.5, 1])).toEqual([0, 0, 2 ** 18]);
  });

  it('says nothing of nothing', () => {
    expect(quantilesOf(new LogHistogram(), [0.5])).toEqual([null]);
  });

  it('counts one time many times over', () => {
    const histogram = new LogHistogram();
    histogram.record(3, 4);
    expect([histogram.count, histogram.sum, histogram.cumulative([2, 3])]).toEqual([4, 12, [0, 4]]);
  });
});

describe('the recent part of a histogram', () => {
  it('is what was recorded since the copy, whatever came before', () => {
    const turns = fc.array(fc.array(times, { maxLength: 20 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(turns, slices => {
        const recent = new RecentHistogram();
        for (const [place, slice] of slices.entries()) {
          if (place > 0) recent.turn();
          for (const value of slice) recent.record(value);
        }
        for (const [which, kept] of [
          ['last', 1],
          ['oldest', 13],
        ] as const) {
          const since = recent.since(which);
          const exact = recorded(slices.slice(-kept).flat());
          expect([...(since.counts as Uint32Array)]).toEqual([...exact.counts]);
          expect(since.count).toBe(exact.count);
        }
      }),
    );
  });

  it('survives counts beyond 32 bits', () => {
    const recent = new RecentHistogram();
    recent.record(5, 2 ** 32 - 1);
    recent.turn();
    recent.record(5, 7);
    expect(recent.cumulative([8])).toEqual([2 ** 32 + 6]);
    const since = recent.since('last');
    expect([since.count, ...[...(since.counts as Uint32Array)].filter(count => count > 0)]).toEqual([7, 7]);
  });
});
