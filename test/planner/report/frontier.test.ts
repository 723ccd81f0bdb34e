import { describe, expect, it } from 'vitest';
import { frontierOf, frontierSteps } from '../../../planner/index.ts';
import { neverDearer } from '../../../planner/report/frontier.ts';
import { samples, slo, system } from './parcels.ts';

describe('a frontier', () => {
  it('gets cheaper with the limit and dearer with the rate', () => {
    let steps = 0;
    let time = 0;
    const { bySlo, byRate } = frontierOf(system, { rate: 8, samples }, slo, {
      budget: 1e6,
      most: 8,
      now: () => time++,
      onStep: () => steps++,
    });
    expect(steps).toBe(frontierSteps);
    expect(bySlo.map(({ at }) => at)).toEqual([200, 260, 320, 400, 500, 640, 800]);
    expect(byRate.map(({ at }) => at)).toEqual(byRate.map(({ at }) => at).toSorted((a, b) => a - b));
    const costs = [bySlo.toReversed(), byRate].map(points => points.map(({ cost }) => cost ?? Infinity));
    for (const each of costs) expect(each).toEqual(each.toSorted((a, b) => a - b));
    expect(bySlo[3]!.cost).toBe(byRate[3]!.cost);
  });

  it('has at an easier point at most the cost of a harder one, unless more is proved', () => {
    const point = (at: number, cost: number | null, proved = false) => ({ at, cost, proved });
    const points = [
      point(1, null),
      point(2, 5, true),
      point(3, null),
      point(4, 7),
      point(5, 3),
      point(6, 4, true),
    ];
    expect(neverDearer(points).map(({ cost }) => cost)).toEqual([null, 5, 5, 5, 3, 4]);
  });
});
