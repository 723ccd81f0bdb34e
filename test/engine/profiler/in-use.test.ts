/** What batches seen in a pipeline's queries say of its stages. */
import { describe, expect, it } from 'vitest';
import { inUse } from '../../../engine/profiler/in-use.ts';
import type { LoneBatch, LoneGroup } from '../../../engine/profiler/lone-batches.ts';

/** What it took to hand it over is of no account here. */
type Batch = Omit<LoneBatch, 'handover'>;

const stage = (mean: number) => ({ batches: [{ batch: 1, mean, quantiles: [] }] });
const costs = { hop: 0.2, item: 0.1 };
const many = (count: number, batch: (index: number) => Batch) =>
  Array.from({ length: count }, (_, at) => batch(at));
const handedOver = (batches: readonly Batch[]) => batches.map(batch => ({ ...batch, handover: 0 }));
const group = (
  batches: readonly Batch[],
  { rested = [], ...more }: Partial<Omit<LoneGroup, 'rested'>> & { rested?: readonly Batch[] } = {},
): LoneGroup => ({
  stages: ['a'],
  batches: handedOver(batches),
  rested: handedOver(rested),
  others: 0,
  ...more,
});
const at = (percentage: number, time: number) => ({ percentage, time });

describe('a stage in use', () => {
  it('takes longer by its mean where few batches were seen, and shorter as well', () => {
    const seen = group([1, 2, 3].map(time => ({ rest: 0, times: [time], beside: 0.5 })));
    expect(inUse(seen, { a: stage(1.5) }, costs).get('a')).toEqual({
      wake: 0.2,
      interference: [at(50, 0.5)],
    });
    expect(inUse(seen, { a: stage(5) }, costs).get('a')!.interference).toEqual([at(50, -3)]);
  });

  it('takes longer at each quantile where many were, as far as they tell', () => {
    const seen = group(many(101, index => ({ rest: 0, times: [1 + index / 100], beside: 0.5 })));
    const { interference } = inUse(seen, { a: stage(1) }, costs).get('a')!;
    expect(interference!.map(({ percentage }) => percentage)).toEqual([1, 5, 10, 25, 50, 75, 90, 95, 99]);
    expect(interference!.find(({ percentage }) => percentage === 90)!.time).toBeCloseTo(0.9, 6);
  });

  it('takes longer after a rest by as much as there, and without one by none of that', () => {
    const seen = group(
      many(20, () => ({ rest: 0, times: [2], beside: 0.5 })),
      {
        rested: [
          ...many(10, () => ({ rest: 2, times: [3], beside: 0.75 })),
          ...many(10, () => ({ rest: 4, times: [2.5], beside: 1 })),
          // Too few to tell.
          ...many(9, () => ({ rest: 16, times: [9], beside: 9 })),
        ],
      },
    );
    expect(inUse(seen, { a: stage(2) }, costs).get('a')).toEqual({
      wake: 0.2,
      interference: [at(50, 0)],
      rested: [
        { rest: 2, time: 1, wake: 0.25 },
        // A longer rest never makes a batch faster.
        { rest: 4, time: 1, wake: 0.5 },
      ],
    });
  });

  it('takes after a rest what it does alone, where it always rests', () => {
    const rested = [{ rest: 10, time: 1, wake: 0.25 }];
    const seen = group(
      many(20, () => ({ rest: 50, times: [4], beside: 1 })),
      {
        rested: many(20, () => ({ rest: 60, times: [9], beside: 9 })),
      },
    );
    const alone = { a: { ...stage(2), rested } };
    // Without its rest it would take 3, and 0.75 beside.
    expect(inUse(seen, alone, costs).get('a')).toEqual({ wake: 0.45, interference: [at(50, 1)] });
  });

  it('says nothing of its times where most of its batches were others', () => {
    const seen = group([{ rest: 0, times: [2], beside: 0.5 }], { others: 1 });
    expect(inUse(seen, { a: stage(1) }, costs).get('a')).toEqual({ wake: 0.2 });
  });
});

describe('stages that share a replica', () => {
  it('are handed batches together, and the longest of them takes longer when that does', () => {
    const batches = many(100, index => ({ rest: 0, times: [1, 3, null], beside: index < 50 ? 0.5 : 0.7 }));
    const seen = group(batches, { stages: ['a', 'b', 'c'] });
    const found = inUse(seen, { a: stage(1), b: stage(3), c: stage(1) }, costs);
    expect([...found.values()].map(({ wake }) => wake)).toEqual([0.3, 0.3, 0.3]);
    expect(found.get('a')!.interference!.every(({ time }) => time === 0)).toBe(true);
    const longest = found.get('b')!.interference!;
    expect([longest[0]!.time, longest.at(-1)!.time]).toEqual([-0.1, 0.1]);
    // It was not run.
    expect(found.get('c')).not.toHaveProperty('interference');
  });

  it('take less where handing over takes no longer than the engine’s thread does', () => {
    const batches = many(4, () => ({ rest: 0, times: [1, 3], beside: 0.25 }));
    const found = inUse(group(batches, { stages: ['a', 'b'] }), { a: stage(1), b: stage(3) }, costs);
    expect(found.get('a')).toEqual({ wake: 0, interference: [at(50, 0)] });
    expect(found.get('b')).toEqual({ wake: 0, interference: [at(50, -0.05)] });
  });
});
