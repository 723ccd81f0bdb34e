/** Whether the search finds what there is, and claims no more than it knows. */
import { describe, expect, it } from 'vitest';
import { makeCase, smallSpec, type Case } from '../../../bench/planner/cases.ts';
import { planExhaustively } from '../../../bench/planner/exhaustive.ts';
import { planGreedily } from '../../../bench/planner/inferline.ts';
import { costOfPools } from '../../../bench/planner/judge.ts';
import { checkPlan } from '../../../pipelines/index.ts';
import { estimate } from '../../../planner/index.ts';
import { allThereIs, chainCase, found, search, singlePool } from './support.ts';

const small = Array.from({ length: 24 }, (_, seed) =>
  makeCase(smallSpec(seed), { queries: 500, seeds: 2 }, 3),
);

const costOf = (of: Case, pools: ReturnType<typeof planExhaustively>) =>
  pools ? costOfPools(of, pools) : null;

describe.each(small.map(of => [of.name, of] as const))('case %s', (_, of) => {
  const plan = search(of, singlePool);

  it('costs what the cheapest of all plans costs', () => {
    const cost = plan.kind === 'found' ? plan.estimate.predicted.cost : null;
    expect(cost).toBe(costOf(of, planExhaustively(of)));
    expect(plan.kind === 'found' ? plan.search.optimal : plan.proved).toBe(true);
  });

  it('claims no more than it knows, whenever it is cut short', () => {
    const cost = costOf(of, planExhaustively(of)) ?? Infinity;
    for (const budget of [5, 40, 160, 640]) {
      let time = 0;
      // Every look at the clock takes a millisecond.
      const cut = search(of, { ...singlePool, budget, now: () => time++ });
      if (cut.kind === 'none') {
        if (cut.proved) expect(cost).toBe(Infinity);
        continue;
      }
      expect(cut.search.bound!).toBeLessThanOrEqual(cost + 1e-9);
      if (cut.search.optimal) expect(cut.estimate.predicted.cost).toBe(cost);
    }
  });

  it('is never dearer than the greedy plan', () => {
    const greedy = costOf(of, planGreedily(of));
    if (greedy !== null) expect(found(plan).estimate.predicted.cost).toBeLessThanOrEqual(greedy);
  });

  it('has a plan that is valid, feasible and what its cost says, whatever it may have', () => {
    if (plan.kind === 'none') return;
    const { pipeline } = of.system;
    for (const { groups, estimate: estimated, search: how } of [plan, found(search(of, allThereIs))]) {
      expect(checkPlan({ pipeline: pipeline.name, slo: of.slo, groups, search: how }, pipeline)).toEqual([]);
      expect(estimate(of.system, groups, of.samples, of.slo)).toEqual(estimated);
      expect(estimated.feasible).toBe(true);
      expect(how.bound!).toBeLessThanOrEqual(estimated.predicted.cost! + 1e-9);
      expect(estimated.predicted.cost!).toBeLessThanOrEqual(plan.estimate.predicted.cost! + 1e-9);
    }
  });
});

describe('a search', () => {
  const two = {
    cpu: [{ 1: 20 }, { 1: 40 }],
    gpu: [
      { 1: 4, 4: 6 },
      { 1: 8, 4: 12 },
    ],
  };
  const prices = { cpu: 0.1, gpu: 1 };

  it('uses no more replicas of a type than there are', () => {
    const free = chainCase({ profiles: two, prices, rate: 100, limit: 200 });
    const plan = found(search(free, singlePool));
    expect(plan.groups.flatMap(({ pools }) => pools).every(({ hardware }) => hardware === 'cpu')).toBe(true);
    const limited = chainCase({ profiles: two, prices, rate: 100, limit: 200, limits: { cpu: 3 } });
    for (const options of [singlePool, allThereIs]) {
      const pools = found(search(limited, options)).groups.flatMap(group => group.pools);
      const used = pools.reduce(
        (sum, { hardware, replicas }) => sum + (hardware === 'cpu' ? replicas : 0),
        0,
      );
      expect(used).toBeLessThanOrEqual(3);
    }
  });

  it('claims no proof when its time is over, and states a bound', () => {
    const of = makeCase(
      { ...smallSpec(4), stages: 6, shape: 'chain', types: 4, batches: 4 },
      { queries: 500, seeds: 1 },
      8,
    );
    let time = 0;
    // Every look at the clock takes a millisecond.
    const plan = found(search(of, { ...singlePool, budget: 60, now: () => time++ }));
    const { cost } = plan.estimate.predicted;
    expect(plan.estimate.feasible).toBe(true);
    expect(plan.search.bound!).toBeLessThanOrEqual(cost!);
    expect(plan.search.optimal).toBe(plan.search.bound === cost);
    expect(plan.search.margin).toBe(0.02);
    const proved = found(search(of, singlePool));
    expect(proved.search.optimal).toBe(true);
    expect(plan.search.bound!).toBeLessThanOrEqual(proved.estimate.predicted.cost! + 1e-9);
  });

  it('mixes hardware where one type alone takes a replica too many', () => {
    // Four fifths of a big one would do; the rest of the work is less than a small one's.
    const of = chainCase({
      profiles: { big: [{ 1: 10 }], small: [{ 1: 30 }] },
      prices: { big: 1, small: 0.2 },
      rate: 105,
      cv: 0.5,
      limit: 45,
      most: 3,
    });
    const single = found(search(of, singlePool));
    const mixed = found(search(of, { mixed: true, fusion: false }));
    expect(mixed.groups[0]!.pools.map(({ hardware }) => hardware).toSorted()).toEqual(['big', 'small']);
    expect(mixed.estimate.predicted.cost).toBeLessThan(single.estimate.predicted.cost!);
    expect(mixed.search.optimal).toBe(true);
  });

  it('fuses neighbours where a replica each is one too many', () => {
    const of = chainCase({
      profiles: { cpu: [{ 1: 4 }, { 1: 4 }, { 1: 4 }] },
      prices: { cpu: 0.1 },
      wake: 1,
      rate: 20,
      limit: 60,
    });
    const plan = found(search(of, { mixed: false, fusion: true }));
    expect(plan.groups.map(({ stages }) => stages)).toEqual([['s0', 's1', 's2']]);
    expect(plan.estimate.predicted.cost).toBeCloseTo(0.1);
    expect(plan.search.optimal).toBe(true);
  });
});

describe('where there is no plan', () => {
  it('names the stage that is too slow, and an objective that can be met', () => {
    const options = { profiles: { cpu: [{ 1: 5 }, { 1: 50 }] }, prices: { cpu: 0.1 }, rate: 20 };
    const none = search(chainCase({ ...options, limit: 40 }), singlePool);
    expect(none).toMatchObject({ kind: 'none', stage: 's1', proved: true });
    if (none.kind === 'found') return;
    expect(none.message).toContain('s1 takes 50.0 ms on its fastest hardware; the SLO leaves 35.0 ms');
    const relaxed = chainCase({ ...options, limit: none.feasibleSlo! });
    expect(search(relaxed, singlePool).kind).toBe('found');
  });

  it('names the stage with too much work, and a rate that can be held', () => {
    const options = { profiles: { cpu: [{ 1: 5 }, { 1: 50 }] }, prices: { cpu: 0.1 }, most: 2, limit: 1000 };
    const none = search(chainCase({ ...options, rate: 100 }), singlePool);
    expect(none).toMatchObject({ kind: 'none', stage: 's1', proved: true });
    if (none.kind === 'found') return;
    expect(none.message).toMatch(/s1 needs at least \d+ replicas of cpu/);
    expect(search(chainCase({ ...options, rate: none.feasibleRate! }), singlePool).kind).toBe('found');
  });
});
