import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costsOf, type Load } from '../../../engine/profiler/batch-costs.ts';

const load = (batches: number, items: number, time: number): Load => ({
  queries: items,
  batches,
  items,
  time,
});

describe('the costs of a batch and of its items', () => {
  it('are those that explain what the main thread took under every load', () => {
    const took = (batches: number, items: number) =>
      load(batches, items, 0.07 * batches + 0.01 * items + 0.02 * items);
    const { hop, item } = costsOf([took(100, 100), took(60, 110), took(30, 120)], 0.02);
    expect(hop).toBeCloseTo(0.07, 10);
    expect(item).toBeCloseTo(0.01, 10);
  });

  it("are the batch's where every batch has as many items", () => {
    expect(costsOf([load(100, 100, 8), load(50, 50, 4)], 0)).toEqual({ hop: 0.08, item: 0 });
    expect(costsOf([load(20, 40, 4)], 0.05)).toEqual({ hop: 0.1, item: 0 });
  });

  it('are never below nothing, and of nothing else', () => {
    // Fuller batches that take less: the items can't have made them dearer.
    expect(costsOf([load(100, 100, 10), load(100, 400, 9)], 0).item).toBe(0);
    // Twice the items in as many batches take more than twice as long: there is nothing left for the batch.
    expect(costsOf([load(100, 100, 1), load(100, 200, 2.5)], 0).hop).toBe(0);
    expect(costsOf([load(100, 100, 1)], 5)).toEqual({ hop: 0, item: 0 });
  });

  it('come nearer to what was measured than any others', () => {
    const some = fc.record({
      batches: fc.integer({ min: 1, max: 1000 }),
      more: fc.integer({ min: 0, max: 1000 }),
      time: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    });
    const cost = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), cost, cost, (all, hop, item) => {
        const loads = all.map(({ batches, more, time }) => load(batches, batches + more, time));
        const error = (costs: { hop: number; item: number }) =>
          loads.reduce(
            (sum, { batches, items, time }) =>
              sum + ((costs.hop * batches + costs.item * items) / time - 1) ** 2,
            0,
          );
        const best = costsOf(loads, 0);
        expect(best.hop).toBeGreaterThanOrEqual(0);
        expect(best.item).toBeGreaterThanOrEqual(0);
        expect(error(best)).toBeLessThanOrEqual(error({ hop, item }) * (1 + 1e-4) + 1e-9);
      }),
    );
  });
});
