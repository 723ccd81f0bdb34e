/** Replicas that share one machine's cores, against processor sharing in closed form. Service times have mean 1 ms. */
import { describe, expect, it } from 'vitest';
import type { ServiceTimes, SimulatedPool } from '../../../planner/simulation/deployment.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, exponential, meanOf, poisson, poolOf } from './support.ts';

const queries = 400_000;

/** More replicas than are ever busy, on a host of one core. */
const shared = (times: ServiceTimes, rate: number, pool: Partial<SimulatedPool> = {}, cores = 1) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(times, { replicas: 200, host: 0, ...pool })], { hosts: [cores] }),
    poisson(rate, queries),
  );

const farthest = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, latency, query) => Math.max(most, Math.abs(latency - b[query]!)), 0);

describe('replicas that share a core', () => {
  it.each([0.3, 0.5, 0.7])('slow each other down as in M/M/1 processor sharing, at utilisation %d', rate => {
    expect(meanOf(shared(exponential(1), rate).latencies) * (1 - rate)).toBeCloseTo(1, 1.7);
  });

  it('take as long on average whatever the distribution of their times', () => {
    expect(meanOf(shared(constant(1), 0.7).latencies) * (1 - 0.7)).toBeCloseTo(1, 1.7);
  });

  it('of two threads each on two cores are as those of one on one', () => {
    const one = shared(exponential(1), 0.6);
    const two = shared(exponential(1), 0.6, { threads: 2 }, 2);
    expect(farthest(two.latencies, one.latencies)).toBe(0);
  });

  it('do not slow each other while there are cores enough', () => {
    const { latencies } = shared(constant(1), 0.7, { replicas: 3 }, 3);
    const alone = shared(constant(1), 0.7, { replicas: 3, host: -1 });
    expect(farthest(latencies, alone.latencies)).toBeLessThan(1e-6);
  });

  it('count as busy for as long as their batches really take', () => {
    const arrivals = Float64Array.of(0, 0);
    const deployment = deploymentOf([poolOf(constant(10), { replicas: 2, host: 0 })], { hosts: [1] });
    const { latencies, pools } = simulate(chainOf(1), deployment, { seed: 1, arrivals });
    expect([...latencies]).toEqual([20, 20]);
    expect(pools[0]![0]!.busy).toBe(40);
  });

  it('of several groups share the same core', () => {
    const pools = [constant(10), constant(10)].map(times => poolOf(times, { host: 0 }));
    const sample = { seed: 1, arrivals: Float64Array.of(0, 10) };
    const { latencies } = simulate(chainOf(2), deploymentOf(pools, { hosts: [1] }), sample);
    // From 10 on the first query's second stage and the second query's first take turns.
    expect([...latencies]).toEqual([30, 30]);
  });
});
