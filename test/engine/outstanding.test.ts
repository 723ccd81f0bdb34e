import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outstanding } from '../../engine/runtime/outstanding.ts';
import type { Query } from '../../engine/runtime/query.ts';

const query = (priority: number) => ({ priority, owed: null }) as unknown as Query;

const step = fc.record({
  do: fc.constantFrom('begin', 'set', 'done', 'end'),
  which: fc.nat(20),
  priority: fc.constantFrom(1, 5, 9),
  stage: fc.nat(2),
  items: fc.nat(9),
});

describe('outstanding work', () => {
  it('is what queries of the same or a higher priority bring on average, until more is known', () => {
    const outstanding = new Outstanding([1, 9]);
    const [first, second] = [query(5), query(1)];
    outstanding.begin(first);
    outstanding.begin(second);
    expect([outstanding.ahead(1, 5), outstanding.ahead(1, 4), outstanding.ahead(0, 9)]).toEqual([18, 9, 2]);
    outstanding.set(first, 1, 3);
    outstanding.done(first, 1);
    expect(outstanding.ahead(1, 5)).toBe(11);
    outstanding.end(second, false);
    outstanding.end(first, true);
    expect(outstanding.ahead(1, 9)).toBe(0);
  });

  it('is the sum over the queries in flight, and nothing once there are none', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const scales = [1, 0.4, 3.3];
        const outstanding = new Outstanding(scales);
        const open: Query[] = [];
        for (const { do: what, which, priority, stage, items } of steps) {
          const chosen = open[which % open.length];
          if (what === 'begin') {
            const begun = query(priority);
            outstanding.begin(begun);
            open.push(begun);
          } else if (!chosen) continue;
          else if (what === 'set') outstanding.set(chosen, stage, items);
          else if (what === 'done') outstanding.done(chosen, stage);
          else {
            open.splice(open.indexOf(chosen), 1);
            outstanding.end(chosen, open.length === 0);
            // Whatever is said of it later counts no more.
            outstanding.done(chosen, stage);
            outstanding.set(chosen, stage, items);
          }
          for (const [at] of scales.entries()) {
            const sum = open.reduce((total, { owed }) => total + owed![at]!, 0);
            expect(outstanding.ahead(at, 9)).toBeCloseTo(sum, 9);
            expect(open.every(({ owed }) => owed![at]! >= 0)).toBe(true);
          }
        }
        for (const each of open.splice(0)) outstanding.end(each, false);
        for (const [at] of scales.entries()) expect(outstanding.ahead(at, 9)).toBeCloseTo(0, 9);
      }),
    );
  });
});
