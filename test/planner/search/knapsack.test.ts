import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undominated } from '../../../planner/search/knapsack.ts';

interface Point {
  cost: number;
  latency: number;
}

const points = fc.array(fc.record({ cost: fc.nat(20), latency: fc.nat(20) }), { minLength: 1, maxLength: 5 });
const classes = fc.array(points, { minLength: 1, maxLength: 4 });

/** One point of each class, in every way. */
function all(classes: readonly Point[][]): Point[] {
  return classes.reduce<Point[]>(
    (sums, points) =>
      sums.flatMap(sum =>
        points.map(({ cost, latency }) => ({ cost: sum.cost + cost, latency: sum.latency + latency })),
      ),
    [{ cost: 0, latency: 0 }],
  );
}

const leastOf = (sums: readonly Point[], cost: number) =>
  Math.min(Infinity, ...sums.filter(sum => sum.cost <= cost).map(({ latency }) => latency));

describe('undominated choices', () => {
  const weighed = (classes: readonly Point[][]) =>
    classes.map(points => points.map(point => ({ value: point, cost: point.cost, weight: point.latency })));

  it('are the lightest of what costs no more, and know what they were chosen from', () => {
    fc.assert(
      fc.property(classes, fc.nat(80), (classes, ceiling) => {
        const found = undominated(weighed(classes), ceiling);
        const sums = all(classes).filter(({ cost }) => cost <= ceiling);
        for (const { cost, values } of found) {
          const chosen = values();
          expect(chosen.every((point, at) => classes[at]!.includes(point))).toBe(true);
          expect(chosen.reduce((sum, point) => sum + point.cost, 0)).toBe(cost);
          expect(chosen.reduce((sum, point) => sum + point.latency, 0)).toBe(leastOf(sums, cost));
        }
        expect(found.length > 0).toBe(sums.length > 0);
      }),
    );
  });

  it('come cheapest first, each lighter than the one before', () => {
    fc.assert(
      fc.property(classes, classes => {
        const found = undominated(weighed(classes), Infinity);
        const weights = found.map(({ values }) => values().reduce((sum, { latency }) => sum + latency, 0));
        for (let at = 1; at < found.length; at++) {
          expect(found[at]!.cost).toBeGreaterThan(found[at - 1]!.cost);
          expect(weights[at]!).toBeLessThan(weights[at - 1]!);
        }
      }),
    );
  });
});
