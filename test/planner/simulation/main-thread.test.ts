import { describe, expect, it } from 'vitest';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, meanOf, poisson, poolOf } from './support.ts';

const engine = { query: 0.5, hop: 0.25 };
const run = (arrivals: Float64Array, { replicas = 1, batch = 1, stages = 2 } = {}) =>
  simulate(
    chainOf(stages),
    deploymentOf(
      Array.from({ length: stages }, () => poolOf(constant(10), { replicas, batch })),
      { engine },
    ),
    { seed: 1, arrivals },
  );

describe('the main thread', () => {
  it('adds its time per query and per batch', () => {
    expect([...run(Float64Array.of(0, 100)).latencies]).toEqual([21, 21]);
  });

  it('takes in one after the other', () => {
    // Both come at once, and each takes half a millisecond before it can be queued.
    expect([...run(Float64Array.of(0, 0), { replicas: 2, stages: 1 }).latencies]).toEqual([10.75, 11.25]);
  });

  it('takes in a batch at one go', () => {
    const { latencies, mainBusy } = run(Float64Array.of(0, 0, 0), { batch: 8, stages: 1 });
    // The first goes alone; the others come while it is served, and go together.
    expect([...latencies]).toEqual([10.75, 21, 21]);
    expect(mainBusy).toBe(3 * 0.5 + 2 * 0.25);
  });

  it('takes longer for a batch of more items', () => {
    const deployment = deploymentOf([poolOf(constant(10), { batch: 8 })], {
      engine: { query: 0, hop: 0.25, item: 0.5 },
    });
    const { latencies, mainBusy } = simulate(chainOf(1), deployment, {
      seed: 1,
      arrivals: Float64Array.of(0, 1, 1),
    });
    // The second batch goes at 10.75, takes 10, and 1.25 of the main thread.
    expect([...latencies]).toEqual([10.75, 21, 21]);
    expect(mainBusy).toBe(2 * 0.25 + 3 * 0.5);
  });

  it('limits the rate, however many replicas there are', () => {
    // Each query takes 0.75 ms of it: 1,333 a second.
    const { end, latencies, mainBusy } = run(poisson(2, 10_000).arrivals, { replicas: 100, stages: 1 });
    expect(latencies.length / end).toBeCloseTo(1 / 0.75, 2);
    expect(mainBusy / end).toBeGreaterThan(0.99);
  });

  it('takes its share of the cores of the host that it runs on', () => {
    const deployment = deploymentOf([poolOf(constant(10), { host: 0 })], {
      hosts: [1],
      engine: { query: 0.5, hop: 0, host: 0 },
    });
    // While the second is taken in, from 5 to 6, the first's batch goes on at half its speed.
    const { latencies } = simulate(chainOf(1), deployment, { seed: 1, arrivals: Float64Array.of(0, 5) });
    expect([...latencies]).toEqual([11, 16]);
  });

  it('is waited for by queries and by results, by Pollaczek and Khinchine', () => {
    const deployment = deploymentOf([poolOf(constant(10), { replicas: 100 })], {
      engine: { query: 0.5, hop: 0 },
    });
    const { latencies } = simulate(chainOf(1), deployment, poisson(1, 400_000));
    expect((meanOf(latencies) - 10.5) / (2 * 0.25)).toBeCloseTo(1, 1.7);
  });
});
