/** Replicas that are slower after they have waited. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, poolOf } from './support.ts';

const rested = [
  { rest: 10, more: 2 },
  { rest: 30, more: 4 },
];

const run = (...arrivals: number[]) => runOn(1, ...arrivals);

const runOn = (replicas: number, ...arrivals: number[]) =>
  simulate(chainOf(1), deploymentOf([poolOf(constant(5), { rested, replicas })]), {
    seed: 1,
    arrivals: Float64Array.from(arrivals),
  });

describe('a replica that has waited', () => {
  it('takes longer, and no longer for what follows at once', () => {
    // Half of two milliseconds after half of the ten; the second comes while the first is served.
    expect([...run(5, 6).latencies]).toEqual([6, 10]);
  });

  it('takes longer the longer it was, up to the longest that was measured', () => {
    expect([...run(20, 20 + 8 + 30, 1000).latencies]).toEqual([8, 9, 9]);
  });

  it('takes no longer while another works, which keeps the machine awake', () => {
    // The other has waited for as long, and then for 15 ms more.
    expect([...runOn(2, 10, 12, 32).latencies]).toEqual([7, 5, 7.5]);
  });

  it('counts that as time that it is busy', () => {
    expect(run(5, 6).pools[0]![0]!.busy).toBe(11);
  });
});
