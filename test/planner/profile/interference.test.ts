/** Times among other stages, from those alone and what is longer there at each quantile. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServiceDistribution, type Quantile } from '../../../operators/index.ts';
import { amongOthers, whenCrowded } from '../../../planner/profile/interference.ts';

const quantiles = (times: Readonly<Record<string, number>>): Quantile[] =>
  Object.entries(times).map(([percentage, time]) => ({ percentage: Number(percentage), time }));

describe('times while all cores are busy', () => {
  const alone = [1, 4, 20].map((time, at) => ({
    batch: 4 ** at,
    mean: time,
    quantiles: quantiles({ 50: time }),
  }));

  it('are longer in proportion to the batch, up to twice its time', () => {
    const crowded = whenCrowded(alone, quantiles({ 50: 0, 90: 0.5, 99: 1 }));
    expect(crowded.map(times => times.quantiles)).toEqual([
      quantiles({ 50: 1, 90: 1.5, 99: 2 }),
      quantiles({ 50: 4, 90: 6, 99: 8 }),
      quantiles({ 50: 20, 90: 30, 99: 40 }),
    ]);
  });

  it('are longer by as much, where even a batch of one takes more than twice its time', () => {
    const crowded = whenCrowded(alone, quantiles({ 50: 0, 99: 6 }));
    expect(crowded.map(({ quantiles }) => quantiles.at(-1)!.time)).toEqual([7, 10, 40]);
  });

  it('are those alone where nothing takes longer', () => {
    expect(whenCrowded(alone, [])).toEqual(alone);
    const instant = [0, 3].map((time, at) => ({
      batch: at + 1,
      mean: time,
      quantiles: quantiles({ 50: time }),
    }));
    expect(whenCrowded(instant, quantiles({ 50: 0, 99: 2 })).map(times => times.quantiles)).toEqual([
      quantiles({ 50: 0, 99: 2 }),
      quantiles({ 50: 3, 99: 6 }),
    ]);
  });
});

describe('times among others', () => {
  it('are those alone, and as much more at each quantile as is known there', () => {
    const alone = [
      { batch: 1, mean: 3, quantiles: quantiles({ 10: 2, 90: 4 }) },
      { batch: 8, mean: 10, quantiles: [] },
    ];
    const [one, eight] = amongOthers(alone, quantiles({ 10: -0.5, 50: 1, 90: 5 }));
    expect(one!.quantiles).toEqual(quantiles({ 10: 1.5, 50: 4, 90: 9 }));
    expect(eight!.quantiles).toEqual(quantiles({ 10: 9.5, 50: 11, 90: 15 }));
  });

  it('are those alone where nothing is known', () => {
    const alone = [{ batch: 1, mean: 3, quantiles: quantiles({ 10: 2, 90: 4 }) }];
    expect(amongOthers(alone, [])).toEqual(alone);
  });

  it('never fall with the quantile, nor below nothing', () => {
    const time = fc.double({ min: 0, max: 100, noNaN: true });
    const longer = fc.double({ min: -100, max: 100, noNaN: true });
    const byPercentage = (times: fc.Arbitrary<number>) =>
      fc
        .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 100 }), times), {
          selector: ([at]) => at,
          minLength: 1,
        })
        .map(all => all.toSorted(([a], [b]) => a - b).map(([percentage, time]) => ({ percentage, time })));
    const rising = byPercentage(time).map(all => {
      const times = all.map(one => one.time).sort((a, b) => a - b);
      return all.map(({ percentage }, at) => ({ percentage, time: times[at]! }));
    });
    fc.assert(
      fc.property(rising, byPercentage(longer), (alone, more) => {
        const [one] = amongOthers([{ batch: 1, mean: 1, quantiles: alone }], more);
        const drawn = new ServiceDistribution([one!]);
        let last = 0;
        for (let uniform = 0; uniform < 1; uniform += 1 / 64) {
          const time = drawn.draw(1, uniform);
          expect(time).toBeGreaterThanOrEqual(last - 1e-9);
          last = time;
        }
      }),
    );
  });
});
