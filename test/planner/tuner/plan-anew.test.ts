/** The tuner in virtual time where it may plan anew. */
import { describe, expect, it } from 'vitest';
import {
  countedSearch,
  estimateTuned,
  gammaArrivals,
  drawSamples,
  makeSystem,
  type PlanOrder,
  type Sample,
  type SimulatedDecision,
  type Tuned,
} from '../../../planner/index.ts';
import { groupsOf, pool, profileOf, systemOf } from '../../engine/rehearsal/systems.ts';

const chain = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { operator: x, inputs: { in: a.out } }`;
const times = { a: { time: 20 }, b: { time: 40 } };
const { pipeline } = systemOf(chain, 'b.out', times);
const slo = [{ percentile: 99, limit: 400 }];

/** Three times as fast a type is worth it only where there is much to do. */
const profiles = [profileOf('cpu', times, 1), profileOf('t4', times, 1 / 3)];
const hardware = {
  types: { cpu: { device: 'cpu', threads: 1, price: 1 }, t4: { device: 'cuda', threads: 1, price: 2.5 } },
  limits: {},
  hosts: {},
} as const;
const system = makeSystem(pipeline, profiles, hardware);
const planned = drawSamples({ kind: 'gamma', rate: 60, cv: 1, queries: 5000, seeds: 1 });
const groups = groupsOf({ a: [pool(2, 1, 't4')], b: [pool(2, 1, 't4')] });
const tuned: Tuned = { system, profiles, plan: { pipeline: 'test', slo, groups }, planned };
const options = { mode: 'replan', startUp: 1000, most: 64, deadline: 400 } as const;

/** As planned for a minute, then a tenth of it. */
function falling(seed: number): Sample {
  const before = [...gammaArrivals(60, 1, 3600, seed)].filter(at => at < 60_000);
  const after = [...gammaArrivals(6, 1, 2400, seed)].filter(at => at < 300_000);
  return { seed, arrivals: Float64Array.of(...before, ...after.map(at => 60_000 + at)) };
}
const samples = [falling(1), falling(2)];

const ofKind = (decisions: readonly SimulatedDecision[], kind: string) =>
  decisions.filter(decision => decision.kind === kind);

describe('an estimate with a tuner that may plan anew', () => {
  const estimated = estimateTuned(tuned, samples, options);

  it('goes on with a plan that is made for what comes, which is cheaper', () => {
    const scaled = estimateTuned(tuned, samples, { ...options, mode: 'scale' });
    expect(estimated.cost).toBeLessThan(scaled.cost!);
    for (const decisions of estimated.decisions) {
      const replan = ofKind(decisions, 'replan').at(-1);
      expect(replan!.reason).toMatch(/^planned anew for [4-7](\.\d+)? queries\/s, CV [\d.]+: \S+ \d+ × /);
      expect(replan!.groups!.flatMap(({ stages }) => stages)).toEqual(['a', 'b']);
      expect(replan!.replicas).toEqual(replan!.groups!.map(each => each.pools.map(its => its.replicas)));
    }
  });

  it('answers all queries in time, but for those that came as the plan no longer did', () => {
    expect(estimated.misses[0]!.share).toBeLessThan(0.01);
    const { predicted } = estimateTuned(tuned, samples, { ...options, deadline: undefined });
    expect(predicted['p99']).toBeLessThan(400);
  });

  it('gives the same to the last digit when it is made again', () => {
    expect(estimateTuned(tuned, samples, options)).toEqual(estimated);
  });

  it('runs the other plan once the time of a search and of a start is over', () => {
    for (const decisions of estimated.decisions) {
      const [[drift], [replan]] = [ofKind(decisions, 'drift'), ofKind(decisions, 'replan')];
      expect(replan!.at - drift!.at).toBe(11_000);
    }
  });
});

describe('a search in vain', () => {
  it('is told with its reason, and tried again later', () => {
    const orders: PlanOrder[] = [];
    const search = (order: PlanOrder) => {
      orders.push(order);
      return { obstacle: 'nobody plans here' };
    };
    const { decisions } = estimateTuned(tuned, [falling(1)], { ...options, search });
    const failed = ofKind(decisions[0]!, 'failed');
    expect(failed.map(({ reason }) => reason)).toEqual(
      failed.map(() => 'no other plan was made: nobody plans here'),
    );
    expect(failed.length).toBe(orders.length);
    // After a minute, once the drift has lasted for half a minute and another search has taken its ten seconds.
    expect(failed[1]!.at - failed[0]!.at).toBe(100_000);
    expect(orders[1]!.workload.rate).toBeCloseTo(6, -1);
  });
});

describe('what is searched for', () => {
  it('is searched for once, and would be found again', () => {
    const order: PlanOrder = {
      pipeline,
      profiles,
      hardware,
      slo,
      workload: { kind: 'gamma', rate: 30, cv: 1, queries: 2000, seeds: 1 },
    };
    const search = countedSearch();
    const found = search(order);
    expect(found).toMatchObject({ groups: expect.any(Array) });
    expect(search({ ...order })).toBe(found);
    expect(countedSearch()(order)).toEqual(found);
    expect(search({ ...order, workload: { ...order.workload, rate: 90 } })).not.toEqual(found);
  });

  it('is for stages as long as they were seen to take, where a host is crowded', () => {
    const orders: PlanOrder[] = [];
    const crowded = makeSystem(pipeline, profiles, {
      ...hardware,
      hosts: { here: { cores: 1, types: ['cpu', 't4'] } },
    });
    const busy = gammaArrivals(20, 1, 2400, 1);
    const on = groupsOf({ a: [pool(3)], b: [pool(3)] });
    estimateTuned(
      { ...tuned, system: crowded, plan: { ...tuned.plan, groups: on } },
      [{ seed: 1, arrivals: busy }],
      {
        ...options,
        search(order) {
          orders.push(order);
          return { obstacle: 'nobody plans here' };
        },
      },
    );
    const [cpu] = orders[0]!.profiles;
    expect(cpu!.stages['b']!.batches[0]!.mean).toBeGreaterThan(1.25 * 40);
  });
});
