/** Laws that hold in any queueing system. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../../planner/percentile.ts';
import type { SimulatedDeployment } from '../../../planner/simulation/deployment.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import {
  chainOf,
  constant,
  deploymentOf,
  exponential,
  poisson,
  poolOf,
  structureFor,
  sum,
} from './support.ts';

/** A list, three stages per item and one that gathers; what comes after `count` items per query on average. */
const counts = [9, 3, 0, 5, 1];
const fanOut = structureFor(
  {
    list: 'inputs: { in: inputs.x }',
    first: 'each: list.items, inputs: { in: item }',
    second: 'each: first.out, inputs: { in: item }',
    gather: 'inputs: { in: second.out }',
  },
  { first: { samples: counts }, second: { samples: counts } },
);
const perQuery = [1, 3.6, 3.6, 1];

const spec = fc.record({
  batch: fc.integer({ min: 1, max: 8 }),
  replicas: fc.integer({ min: 2, max: 6 }),
  maxWait: fc.constantFrom(0, 3),
});
const deployments = fc
  .array(spec, { minLength: 4, maxLength: 4 })
  .map(pools => deploymentOf(pools.map(pool => poolOf(exponential(1), pool))));

describe('a simulation', () => {
  it('obeys Little’s law at every group', () => {
    fc.assert(
      fc.property(deployments, fc.integer({ min: 1, max: 4 }), (deployment, tenths) => {
        const { groups } = simulate(fanOut, deployment, poisson(tenths / 10, 5000));
        for (const { area, sojourn } of groups) expect(Math.abs(area / sojourn - 1)).toBeLessThan(0.02);
      }),
      { numRuns: 20 },
    );
  });

  it('finishes every query once, and every item of it', () => {
    fc.assert(
      fc.property(deployments, fc.integer(), (deployment, seed) => {
        const { latencies, finished, dropped, stages, pools, groups } = simulate(
          fanOut,
          deployment,
          poisson(0.3, 1000, seed),
        );
        expect({ finished, dropped }).toEqual({ finished: 1000, dropped: 0 });
        expect(latencies.every(latency => latency > 0)).toBe(true);
        for (const [stage, per] of perQuery.entries()) {
          expect(stages[stage]!.items).toBe(1000 * per);
          expect(groups[stage]!.items).toBe(1000 * per);
          expect(sum(pools[stage]!.map(({ items }) => items))).toBe(1000 * per);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('keeps replicas busy for the load that is offered', () => {
    const rate = 0.5;
    const deployment = deploymentOf(perQuery.map(() => poolOf(constant(1), { replicas: 3 })));
    const { pools, end } = simulate(fanOut, deployment, poisson(rate, 50_000));
    for (const [stage, per] of perQuery.entries())
      expect(pools[stage]![0]!.busy / (3 * end)).toBeCloseTo((rate * per) / 3, 2);
  });

  it('gives the same answer to the last digit', () => {
    fc.assert(
      fc.property(deployments, fc.integer(), (deployment, seed) => {
        const sample = poisson(0.3, 200, seed);
        expect(simulate(fanOut, deployment, sample)).toEqual(simulate(fanOut, deployment, sample));
      }),
      { numRuns: 20 },
    );
  });
});

describe('more replicas', () => {
  const chain = (replicas: readonly number[]): SimulatedDeployment =>
    deploymentOf(replicas.map(count => poolOf(exponential(1), { replicas: count, batch: 1 })));

  it('change nothing in what the queries bring: each takes the same times', () => {
    const sample = poisson(0.01, 2000);
    // So rarely do queries come that none waits.
    const few = simulate(chainOf(2), chain([20, 20]), sample);
    const many = simulate(chainOf(2), chain([40, 30]), sample);
    expect(many.latencies).toEqual(few.latencies);
  });

  it('never raise the percentile of a plan with one pool a group, beyond noise', () => {
    const pool = fc.record({
      batch: fc.integer({ min: 1, max: 8 }),
      replicas: fc.integer({ min: 2, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(pool, { minLength: 4, maxLength: 4 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 3 }),
        (pools, grown, more) => {
          const p99 = (extra: number) => {
            const grownPools = pools.map(({ batch, replicas }, at) =>
              poolOf(exponential(1), { batch, replicas: replicas + (at === grown ? extra : 0) }),
            );
            const { latencies } = simulate(fanOut, deploymentOf(grownPools), poisson(0.25, 5000));
            return percentileOf(latencies.sort(), 99);
          };
          expect(p99(more)).toBeLessThan(1.05 * p99(0));
        },
      ),
      { numRuns: 50 },
    );
  });
});
