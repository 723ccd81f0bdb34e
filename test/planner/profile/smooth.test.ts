import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isotonic, smoothTimes, type MeasuredTimes } from '../../../planner/profile/smooth.ts';

const rises = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value >= values[index - 1]!);
const time = fc.double({ min: 0, max: 1000, noNaN: true });
const percentage = fc.constantFrom(1, 25, 50, 90, 99, 99.5);

const measured: fc.Arbitrary<MeasuredTimes[]> = fc
  .uniqueArray(
    fc.record({
      batch: fc.integer({ min: 1, max: 64 }),
      mean: time,
      quantiles: fc
        .uniqueArray(fc.record({ percentage, time }), { selector: quantile => quantile.percentage })
        .map(quantiles => quantiles.toSorted((a, b) => a.percentage - b.percentage)),
    }),
    { minLength: 1, maxLength: 8, selector: ({ batch }) => batch },
  )
  .map(batches => batches.toSorted((a, b) => a.batch - b.batch));

describe('isotonic regression', () => {
  it('pools neighbours that fall, as far back as it takes', () => {
    expect(isotonic([1, 5, 3, 4, 9])).toEqual([1, 4, 4, 4, 9]);
    expect(isotonic([4, 3, 2])).toEqual([3, 3, 3]);
    expect(isotonic([])).toEqual([]);
  });

  it('never falls, keeps the sum, and leaves alone what does not fall', () => {
    fc.assert(
      fc.property(fc.array(time), values => {
        const smoothed = isotonic(values);
        const sum = (of: readonly number[]) => of.reduce((total, value) => total + value, 0);
        expect(rises(smoothed)).toBe(true);
        expect(sum(smoothed)).toBeCloseTo(sum(values), 6);
        const sorted = values.toSorted((a, b) => a - b);
        expect(isotonic(sorted)).toEqual(sorted);
      }),
    );
  });

  it('is nearest: no rising series of a few whole numbers is nearer', () => {
    const small = fc.integer({ min: 0, max: 4 });
    const distance = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, index) => sum + (value - b[index]!) ** 2, 0);
    fc.assert(
      fc.property(
        fc.tuple(small, small, small, small),
        fc.tuple(small, small, small, small),
        (values, other) => {
          const rising = other.toSorted((a, b) => a - b);
          expect(distance(values, isotonic(values))).toBeLessThanOrEqual(distance(values, rising) + 1e-9);
        },
      ),
    );
  });
});

describe('the times of a stage', () => {
  it('that fall as batches grow are smoothed, and named', () => {
    const { batches, falls } = smoothTimes([
      { batch: 1, mean: 10, quantiles: [] },
      { batch: 2, mean: 30, quantiles: [] },
      { batch: 4, mean: 20, quantiles: [] },
    ]);
    expect(batches.map(({ mean }) => mean)).toEqual([10, 25, 25]);
    expect(falls).toEqual([
      { from: { batch: 2, name: 'mean', time: 30 }, to: { batch: 4, name: 'mean', time: 20 } },
    ]);
  });

  it('that fall as the percentage grows are smoothed, and named', () => {
    const quantiles = [50, 90, 99].map((percentage, index) => ({ percentage, time: [10, 14, 12][index]! }));
    const { batches, falls } = smoothTimes([{ batch: 8, mean: 11, quantiles }]);
    expect(batches[0]!.quantiles.map(({ time }) => time)).toEqual([10, 13, 13]);
    expect(falls).toEqual([
      { from: { batch: 8, name: 'p90', time: 14 }, to: { batch: 8, name: 'p99', time: 12 } },
    ]);
  });

  it('without a mean have that of what their quantiles draw', () => {
    const quantiles = [
      { percentage: 0, time: 10 },
      { percentage: 100, time: 20 },
    ];
    expect(smoothTimes([{ batch: 1, quantiles }]).batches[0]!.mean).toBeCloseTo(15);
  });

  it('never fall once smoothed, whatever percentages each batch size has', () => {
    fc.assert(
      fc.property(measured, stage => {
        const { batches, falls } = smoothTimes(stage);
        for (const { quantiles } of batches) expect(rises(quantiles.map(({ time }) => time))).toBe(true);
        for (const each of [1, 25, 50, 90, 99, 99.5]) {
          const across = batches.flatMap(({ quantiles }) =>
            quantiles.flatMap(({ percentage, time }) => (percentage === each ? [time] : [])),
          );
          expect(rises(across)).toBe(true);
        }
        if (falls.length === 0) expect(batches).toEqual(stage);
      }),
    );
  });
});
