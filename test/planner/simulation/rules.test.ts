/** Waiting for fuller batches, deadlines, and changes of a pool's size. */
import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../../planner/percentile.ts';
import { simulate, type SimulateOptions } from '../../../planner/simulation/simulate.ts';
import type { SimulatedDeployment, SimulatedPool } from '../../../planner/simulation/deployment.ts';
import { chainOf, constant, deploymentOf, poisson, poolOf, structureFor } from './support.ts';

const run = (arrivals: readonly number[], pool: Partial<SimulatedPool>, options: SimulateOptions = {}) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(constant(10), pool)]),
    { seed: 1, arrivals: Float64Array.from(arrivals) },
    options,
  );

describe('max-wait', () => {
  it('holds a batch until it is full', () => {
    expect([...run([0, 4, 100], { batch: 2, maxWait: 50 }).latencies]).toEqual([14, 10, 60]);
  });

  it('is over once the oldest item has waited that long', () => {
    expect([...run([0, 4], { batch: 3, maxWait: 5 }).latencies]).toEqual([15, 11]);
  });

  it('of one pool does not keep another from taking what waits', () => {
    const pools = [poolOf(constant(10), { batch: 2, maxWait: 50 }), poolOf(constant(30))];
    const { latencies } = simulate(
      chainOf(1),
      { groups: [{ stages: Int32Array.of(0), pools }], hosts: [], engine: { query: 0, hop: 0 } },
      { seed: 1, arrivals: Float64Array.of(0, 1, 2) },
    );
    expect([...latencies]).toEqual([30, 11, 10]);
  });
});

describe('a backlog', () => {
  const mixed = (slow: Partial<SimulatedPool>) => ({
    groups: [{ stages: Int32Array.of(0), pools: [poolOf(constant(10)), poolOf(constant(50), slow)] }],
    hosts: [],
    engine: { query: 0, hop: 0 },
  });
  const p99 = (deployment: SimulatedDeployment, rate: number) =>
    percentileOf(simulate(chainOf(1), deployment, poisson(rate, 20_000)).latencies.sort(), 99);

  it('keeps a slow replica idle while less waits', () => {
    const { latencies } = simulate(chainOf(1), mixed({ maxWait: 100, backlog: 3 }), {
      seed: 1,
      arrivals: Float64Array.of(0, 1, 2, 100, 101, 102, 103),
    });
    expect([...latencies]).toEqual([10, 19, 28, 10, 52, 18, 27]);
  });

  it('is not waited for longer than max-wait', () => {
    const { latencies } = simulate(chainOf(1), mixed({ maxWait: 4, backlog: 3 }), {
      seed: 1,
      arrivals: Float64Array.of(0, 1),
    });
    expect([...latencies]).toEqual([10, 54]);
  });

  it('keeps a slow replica from raising the p99 where load is low', () => {
    const alone = p99(deploymentOf([poolOf(constant(10))]), 0.03);
    expect(p99(mixed({}), 0.03)).toBeGreaterThan(1.2 * alone);
    expect(p99(mixed({ maxWait: 50, backlog: 4 }), 0.03)).toBeLessThan(1.05 * alone);
  });
});

describe('a deadline', () => {
  it('drops what waits too long, and starts no work for it', () => {
    const { latencies, finished, dropped, stages } = run([0, 1, 2, 30], { replicas: 1 }, { deadline: 15 });
    // The second starts at 10; the third would start at 20, when it is 18 old.
    expect([...latencies]).toEqual([10, 19, NaN, 10]);
    expect({ finished, dropped, items: stages[0]!.items }).toEqual({ finished: 3, dropped: 1, items: 3 });
  });

  it('lets work start at the very moment it passes', () => {
    expect([...run([0, 0], {}, { deadline: 10 }).latencies]).toEqual([10, 20]);
  });

  it('drops a query once, whichever of its items is late', () => {
    const structure = structureFor(
      {
        list: 'inputs: { in: inputs.x }',
        each: 'each: list.items, inputs: { in: item }',
        sum: 'inputs: { in: each.out }',
      },
      { each: { samples: [4] } },
    );
    const deployment = deploymentOf([1, 2, 1].map(replicas => poolOf(constant(10), { replicas })));
    const { finished, dropped, groups, stages } = simulate(structure, deployment, poisson(0.04, 20_000), {
      deadline: 40,
    });
    expect(finished + dropped).toBe(20_000);
    expect(finished).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
    // Only queries in time reach the end; what was dropped left the queues.
    expect(stages[2]!.items).toBeLessThanOrEqual(stages[0]!.items);
    for (const { area, sojourn } of groups) expect(area).toBeGreaterThanOrEqual(sojourn * (1 - 1e-9));
  });

  it('never starts a stage later than that after the query came', () => {
    const sample = poisson(0.12, 20_000);
    const { latencies, dropped } = simulate(chainOf(1), deploymentOf([poolOf(constant(10))]), sample, {
      deadline: 25,
    });
    expect(dropped).toBeGreaterThan(0);
    expect(latencies.every(latency => Number.isNaN(latency) || latency <= 35 + 1e-6)).toBe(true);
    expect(latencies.filter(Number.isNaN)).toHaveLength(dropped);
  });

  it('counts what is dropped as a miss of every limit', () => {
    const missLimits = [{ limit: 1000, allowed: 0 }];
    const outcome = run([0, 1, 2], {}, { deadline: 15, missLimits });
    expect(outcome).toMatchObject({ aborted: true, misses: [1], dropped: 1 });
  });
});

describe('a pool that is scaled', () => {
  const scaled = (time: number, change: number, arrivals: readonly number[], replicas = 1) =>
    run(arrivals, { replicas }, { changes: [{ time, group: 0, pool: 0, change }] });

  it('has more replicas from then on', () => {
    expect([...scaled(5, 1, [0, 0, 0]).latencies]).toEqual([10, 15, 20]);
  });

  it('loses idle replicas at once', () => {
    expect([...scaled(5, -1, [0, 6, 6], 2).latencies]).toEqual([10, 14, 24]);
  });

  it('loses busy replicas when their batches are over', () => {
    expect([...scaled(5, -1, [0, 0, 6, 6], 2).latencies]).toEqual([10, 10, 14, 24]);
  });

  it('serves no one while it has none, and goes on when it has one again', () => {
    const changes = [-1, 1].map((change, at) => ({ time: 5 + 45 * at, group: 0, pool: 0, change }));
    expect([...run([0, 6], {}, { changes }).latencies]).toEqual([10, 54]);
  });
});
