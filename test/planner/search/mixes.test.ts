/** Whether what is found for one group on several types of hardware is the cheapest of all mixes. */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../../bench/planner/cases.ts';
import { isFeasible } from '../../../bench/planner/judge.ts';
import { Random } from '../../../bench/planner/random.ts';
import { checkPlan, type Pool } from '../../../pipelines/index.ts';
import { costOf } from '../../../planner/index.ts';
import { chainCase, found, search } from './support.ts';

const mixed = { mixed: true, fusion: false };

/** One stage on three types: the dearer, the faster, and the more they gain from batches. */
function serviceOf(seed: number): Case {
  const random = new Random(3000 + seed);
  const types = ['a', 'b', 'c'].map((name, place) => {
    const speed = random.between(0.5, 1.5) * (place + 1);
    const alone = 30 / speed;
    const grows = random.between(0.3, 1);
    return { name, price: Math.round(10 * speed ** random.between(0.8, 1.1)) / 100, alone, grows };
  });
  const timesOf = ({ alone, grows }: (typeof types)[number]) => ({ 1: alone, 4: alone * (1 + 3 * grows) });
  return chainCase({
    profiles: Object.fromEntries(types.map(type => [type.name, [timesOf(type)]])),
    prices: Object.fromEntries(types.map(({ name, price }) => [name, price])),
    rate: random.between(30, 120),
    cv: random.oneOf([0.3, 1, 2]),
    limit: random.between(35, 120),
    queries: 600,
    most: 3,
  });
}

/** What the cheapest feasible mix costs of all there are; null if there is none. */
function cheapest(of: Case): number | null {
  const { system, most } = of;
  const poolsOf = (hardware: string): (Pool | null)[] => [
    null,
    ...[1, 4].flatMap(batch =>
      Array.from({ length: most }, (_, more) => ({ hardware, batch, replicas: more + 1, maxWait: 0 })),
    ),
  ];
  let mixes: Pool[][] = [[]];
  for (const type of system.types)
    mixes = mixes.flatMap(mix => poolsOf(type).map(pool => (pool ? [...mix, pool] : mix)));
  const priced = mixes
    .filter(({ length }) => length > 0)
    .map(pools => [{ name: 's0', stages: ['s0'], pools }])
    .map(groups => ({ groups, cost: costOf(system, groups)! }))
    .sort((a, b) => a.cost - b.cost);
  return priced.find(({ groups }) => isFeasible(of, groups))?.cost ?? null;
}

describe.each(Array.from({ length: 24 }, (_, seed) => seed))('service %i', seed => {
  it('costs no more than the cheapest of all mixes, and just that where it says so', () => {
    const of = serviceOf(seed);
    const least = cheapest(of);
    const plan = search(of, mixed);
    if (least === null) {
      if (plan.kind === 'found') expect(plan.search.space).toContain('held back');
      return;
    }
    const { groups, search: how, estimate } = found(plan);
    const cost = estimate.predicted.cost!;
    expect(estimate.feasible).toBe(true);
    expect(checkPlan({ pipeline: 'chain', slo: of.slo, groups, search: how }, of.system.pipeline)).toEqual(
      [],
    );
    expect(cost).toBeLessThanOrEqual(least);
    expect(how.bound!).toBeLessThanOrEqual(cost);
    if (how.space === 'mixed pools') expect([how.optimal, cost]).toEqual([true, least]);
    else expect(how.optimal).toBe(false);
  });
});

describe('a mix', () => {
  it('is found where no type alone has replicas enough', () => {
    const options = {
      profiles: { big: [{ 1: 10 }], small: [{ 1: 20 }] },
      prices: { big: 1, small: 0.5 },
      rate: 100,
      limit: 100,
      limits: { big: 1, small: 2 },
    };
    const { groups, search: how } = found(search(chainCase(options), mixed));
    expect(groups[0]!.pools.map(({ hardware }) => hardware)).toEqual(['big', 'small']);
    expect(how.optimal).toBe(true);
    expect(search(chainCase(options), { mixed: false, fusion: false }).kind).toBe('none');
  });

  it('holds slow replicas back where that makes it cheaper, and claims no proof of it', () => {
    const of = chainCase({
      profiles: { fast: [{ 1: 10 }], slow: [{ 1: 45 }] },
      prices: { fast: 1, slow: 0.2 },
      rate: 200,
      cv: 0.5,
      limit: 50,
    });
    const { groups, search: how, estimate } = found(search(of, mixed));
    const [fast, slow] = groups[0]!.pools;
    expect([fast!.hardware, fast!.backlog]).toEqual(['fast', undefined]);
    expect(slow!.backlog).toBeGreaterThan(1);
    expect(slow!.maxWait).toBe(50);
    expect(estimate.feasible).toBe(true);
    expect(how).toMatchObject({ space: 'mixed pools, held back', optimal: false });
    const eager = [{ ...groups[0]!, pools: [fast!, { ...slow!, maxWait: 0, backlog: undefined }] }];
    expect(isFeasible(of, eager)).toBe(false);
  });
});
