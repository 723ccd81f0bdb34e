/** Batches that take longer while other cores of their host are busy. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, poolOf } from './support.ts';

const crowded = [constant(15)];

const run = (arrivals: readonly number[], cores: number, pool = {}) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(constant(5), { crowded, replicas: 4, host: 0, ...pool })], { hosts: [cores] }),
    { seed: 1, arrivals: Float64Array.from(arrivals) },
  );

describe('a batch', () => {
  it('takes what it does alone where no other core is busy when it begins', () => {
    expect([...run([0, 10], 2).latencies]).toEqual([5, 5]);
  });

  it('takes longer where all others are', () => {
    expect([...run([0, 1], 2).latencies]).toEqual([5, 15]);
  });

  it('takes longer by the share of the others that are', () => {
    expect([...run([0, 1, 2], 5).latencies]).toEqual([5, 7.5, 10]);
  });

  it('shares cores as well, once there are more batches than these', () => {
    // The third begins beside two on two cores: until 5 they do two thirds of what they would, until 15 all of it.
    const [first, second, third] = run([0, 0, 0], 2).latencies;
    expect(first).toBeCloseTo(7.5, 9);
    expect(second).toBeGreaterThan(15);
    expect(third).toBeCloseTo(second!, 9);
  });

  it('takes what it does alone on a single core, which it shares, and without a host', () => {
    expect([...run([0, 1], 1).latencies]).toEqual([9, 9]);
    expect([...run([0, 1], 2, { host: -1 }).latencies]).toEqual([5, 5]);
  });

  it('counts as busy, and as served, for as long as it takes', () => {
    const { pools, stages } = run([0, 1], 2);
    expect(pools[0]![0]!.busy).toBe(20);
    expect(stages[0]!.service).toBe(20);
  });
});
