import { describe, expect, it } from 'vitest';
import type { Hardware } from '../../../pipelines/index.ts';
import { fitPlan, predictParts, type FitOptions } from '../../../planner/index.ts';
import { oneCore, partOf } from './systems.ts';

/** Time stands still: whatever is worth trying is tried. */
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  cv: 1,
  queries: 20_000,
  seeds: 3,
  budget: 1000,
  now: () => 0,
  ...more,
});

/** Share of customers of an M/D/1 queue that wait at most `services` service times (Erlang 1909; Crommelin 1932). */
function waitAtMost(utilisation: number, services: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= Math.floor(services); k++) {
    if (k > 0) factorial *= k;
    const x = utilisation * (k - services);
    sum += (x ** k / factorial) * Math.exp(-x);
  }
  return (1 - utilisation) * sum;
}

/** The utilisation at which 99 % of an M/D/1 queue's customers wait at most that. */
function highestUtilisation(services: number): number {
  let [low, high] = [0, 1];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (waitAtMost(middle, services) >= 0.99) low = middle;
    else high = middle;
  }
  return low;
}

const gpus = (count: number, cores = 2): Hardware => ({
  types: { cpu: { device: 'cpu', threads: 1 }, t4: { device: 'cuda', threads: 1 } },
  limits: { t4: count },
  hosts: { here: { cores, types: ['cpu'] } },
});

describe('fitting a plan', () => {
  it.each([20, 50, 100])('finds the rate of an M/D/1 queue whose p99 is %d ms', limit => {
    const { rate, bound } = fitPlan(
      [partOf('one', { cpu: { a: { 1: 10 } } }, oneCore, { limit })],
      options(),
    );
    const known = 100 * highestUtilisation((limit - 10) / 10);
    expect(rate).toBeGreaterThan(0.96 * known);
    expect(rate).toBeLessThan(1.04 * known);
    expect(bound).toBeCloseTo(100, 9);
  });

  it('fills a core with evenly spaced queries, and no more, however long the objective is', () => {
    const part = partOf('one', { cpu: { a: { 1: 10 } } }, oneCore, { limit: 60_000 });
    const { rate } = fitPlan([part], options({ cv: 0, queries: 200 }));
    expect(rate).toBeGreaterThan(98);
    expect(rate).toBeLessThanOrEqual(100);
  });

  it('uses batches where they do more with a core', () => {
    const part = partOf('one', { cpu: { a: { 1: 10, 8: 20 } } }, oneCore, { limit: 200 });
    const { rate, groups } = fitPlan([part], options());
    expect(rate).toBeGreaterThan(200);
    expect(groups[0]![0]!.pools[0]!.batch).toBeGreaterThan(1);
  });

  it('takes a core for what alone can use it', () => {
    const times = { cpu: { a: { 1: 10 } }, t4: { a: { 1: 1 }, b: { 1: 5 } } };
    const { rate, groups, bound } = fitPlan([partOf('two', times, gpus(1), { limit: 200 })], options());
    const pools = groups[0]!.flatMap(({ pools }) => pools.map(({ hardware }) => hardware));
    expect(pools.toSorted()).toEqual(['cpu', 't4']);
    expect(rate).toBeGreaterThan(170);
    expect(rate).toBeLessThanOrEqual(bound);
    expect(bound).toBeCloseTo(200, 9);
  });

  it('shares out replicas that there are too few of', () => {
    const slow = { a: { 1: 20 }, b: { 1: 20 }, c: { 1: 20 } };
    const fast = { a: { 1: 2 }, b: { 1: 2 }, c: { 1: 2 } };
    const part = partOf('three', { cpu: slow, t4: fast }, gpus(2, 1), { limit: 400 });
    const { rate, groups } = fitPlan([part], options({ queries: 5000 }));
    const t4 = groups[0]!.flatMap(({ pools }) => pools).filter(({ hardware }) => hardware === 't4');
    expect(t4.reduce((sum, { replicas }) => sum + replicas, 0)).toBeLessThanOrEqual(2);
    // A core alone does 16 of them a second.
    expect(rate).toBeGreaterThan(100);
  });

  it('takes away what the plan can do without', () => {
    const hardware = { ...oneCore, hosts: { here: { cores: 4, types: ['cpu'] } } };
    const times = { cpu: { heavy: { 1: 50 }, light: { 1: 0.01, 8: 0.08 } } };
    const { groups } = fitPlan([partOf('two', times, hardware, { limit: 500 })], options({ queries: 5000 }));
    const light = groups[0]!.find(({ stages }) => stages.includes('light'))!;
    if (light.stages.length === 1) expect(light.pools).toMatchObject([{ batch: 1, replicas: 1 }]);
    const threads = groups[0]!.flatMap(({ pools }) => pools).reduce((sum, pool) => sum + pool.replicas, 0);
    expect(threads).toBeLessThanOrEqual(5);
  });

  it.each([
    ['the objective is shorter than the work', oneCore, 9, /^a takes 10\.0 ms on its fastest hardware/],
    [
      'there is none of the hardware',
      { ...oneCore, limits: { cpu: 0 } },
      100,
      /^a needs at least 1 replicas of cpu/,
    ],
  ])('says what is in the way where %s', (_, hardware, limit, message) => {
    const { rate, obstacle } = fitPlan(
      [partOf('one', { cpu: { a: { 1: 10 } } }, hardware, { limit })],
      options(),
    );
    expect(rate).toBe(0);
    expect(obstacle).toMatch(message);
  });

  it('gives the same plan again', () => {
    const part = () => partOf('one', { cpu: { a: { 1: 10, 4: 20 }, b: { 1: 3 } } }, oneCore, { limit: 100 });
    const [first, again] = [part(), part()].map(one => fitPlan([one], options({ queries: 3000 })));
    expect(first!.groups).toEqual(again!.groups);
    expect(first!.rate).toBe(again!.rate);
  });

  it('shares a host among pipelines', () => {
    const one = (name: string, share = 1) =>
      partOf(name, { cpu: { a: { 1: 10 } } }, oneCore, { limit: 200, share });
    const alone = fitPlan([one('x')], options()).rate;
    const both = fitPlan([one('x'), one('y')], options());
    expect(both.rate).toBeGreaterThan(0.45 * alone);
    expect(both.rate).toBeLessThan(0.55 * alone);
    expect(both.bound).toBeCloseTo(50, 9);
    const uneven = fitPlan([one('x', 3), one('y')], options());
    expect(uneven.bound).toBeCloseTo(25, 9);
    for (const estimate of predictParts(uneven)) expect(estimate.feasible).toBe(true);
  });

  it('names the pipeline that stands in the way', () => {
    const parts = [
      partOf('fine', { cpu: { a: { 1: 1 } } }, oneCore, { limit: 200 }),
      partOf('late', { cpu: { b: { 1: 10 } } }, oneCore, { limit: 5 }),
    ];
    expect(fitPlan(parts, options({ queries: 2000 })).obstacle).toMatch(/^late: b takes 10\.0 ms/);
  });
});
