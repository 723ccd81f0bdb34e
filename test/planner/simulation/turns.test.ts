/** Replicas that take turns on one device, against one server in closed form. Service times have mean 1 ms. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, exponential, meanOf, poisson, poolOf } from './support.ts';

const device = { hosts: ['device'] } as const;

/** More replicas than ever have a batch. */
const shared = (times: ReturnType<typeof constant>, rate: number) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(times, { replicas: 200, host: 0 })], device),
    poisson(rate, 400_000),
  );

describe('replicas that take turns on a device', () => {
  it.each([0.3, 0.5, 0.7])('wait for each other as in M/D/1, at utilisation %d', rate => {
    const expected = 1 + rate / (2 * (1 - rate));
    expect(meanOf(shared(constant(1), rate).latencies) / expected).toBeCloseTo(1, 1.7);
  });

  it('wait for each other as in M/M/1', () => {
    expect(meanOf(shared(exponential(1), 0.6).latencies) * (1 - 0.6)).toBeCloseTo(1, 1.7);
  });

  it('of several groups do so in the order their batches came', () => {
    const pools = [constant(10), constant(4)].map(times => poolOf(times, { host: 0 }));
    const sample = { seed: 1, arrivals: Float64Array.of(0, 1) };
    const { latencies } = simulate(chainOf(2), deploymentOf(pools, device), sample);
    // The first query's second stage comes after the second query's first.
    expect([...latencies]).toEqual([24, 27]);
  });
});
