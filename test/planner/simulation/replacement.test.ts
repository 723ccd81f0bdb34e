/** Other groups that take the place of those there are while a simulation runs. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Controller, Replacement } from '../../../planner/simulation/control.ts';
import type { SimulatedGroup, SimulatedPool } from '../../../planner/simulation/deployment.ts';
import { simulate, type SimulateOptions } from '../../../planner/simulation/simulate.ts';
import type { Structure } from '../../../planner/simulation/structure.ts';
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

const groupOf = (stages: readonly number[], pool: Partial<SimulatedPool>, times: readonly number[]) => ({
  stages: Int32Array.from(stages),
  pools: [poolOf(times.map(constant), pool)],
});

/** One stage of 10 ms on one replica, until other groups take over after 5 ms. */
function replaced(arrivals: readonly number[], to: SimulatedPool, from: Partial<SimulatedPool> = {}) {
  const groups = [{ stages: Int32Array.of(0), pools: [to] }];
  const sample = { seed: 1, arrivals: Float64Array.from(arrivals) };
  const before = deploymentOf([poolOf(constant(10), from)]);
  const { latencies } = simulate(chainOf(1), before, sample, { changes: [{ time: 5, groups }] });
  return [...latencies];
}

describe('a group of the same stages', () => {
  it('goes on with the replicas of the same hardware, busy or not', () => {
    expect(replaced([0, 1], poolOf(constant(10)))).toEqual([10, 19]);
  });

  it('gets those that it lacks, and at once', () => {
    expect(replaced([0, 1], poolOf(constant(10), { replicas: 2 }))).toEqual([10, 14]);
  });

  it('loses those that are too many: idle ones at once, busy ones when their batch is over', () => {
    expect(replaced([0, 6, 6], poolOf(constant(10)), { replicas: 2 })).toEqual([10, 14, 24]);
    expect(replaced([0, 0, 6, 6], poolOf(constant(10)), { replicas: 2 })).toEqual([10, 10, 14, 24]);
  });

  it('has new replicas on other hardware, and those there were end their batches', () => {
    expect(replaced([0, 1, 2], poolOf(constant(2), { hardware: 't4' }))).toEqual([10, 6, 7]);
  });

  it('has new replicas for larger batches, which those there were are not warm for', () => {
    expect(replaced([0, 1, 2], poolOf(constant(10), { batch: 2 }))).toEqual([10, 14, 13]);
  });

  it('takes smaller batches from then on', () => {
    expect(replaced([0, 1, 2], poolOf(constant(10)), { batch: 2 })).toEqual([10, 19, 28]);
  });

  it('may be replaced again and again while a batch is under way', () => {
    const [same] = deploymentOf([poolOf(constant(10))]).groups;
    const changes = [3, 5, 7].map(time => ({ time, groups: [same!] }));
    const sample = { seed: 1, arrivals: Float64Array.of(0, 1) };
    const { latencies } = simulate(chainOf(1), deploymentOf([poolOf(constant(10))]), sample, { changes });
    expect([...latencies]).toEqual([10, 19]);
  });
});

describe('groups of other stages', () => {
  const [a, b] = [groupOf([0], {}, [10]), groupOf([1], {}, [30])];
  const both = groupOf([0, 1], {}, [10, 30]);
  const arrivals = Float64Array.of(0, 2, 4, 6, 25);
  const run = (from: readonly SimulatedGroup[], to: readonly SimulatedGroup[], time: number) => {
    const deployment = { groups: from, hosts: [], engine: { query: 0, hop: 0 } };
    const options = { changes: [{ time, groups: to }] };
    return [...simulate(chainOf(2), deployment, { seed: 1, arrivals }, options).latencies];
  };

  it('that are fused serve what waited in any of them, the oldest first', () => {
    // Queries 1 and 2 waited at the second stage since 20 and 30, query 4 at the first since 25.
    expect(run([a, b], [both], 35)).toEqual([40, 63, 131, 159, 80]);
  });

  it('that are split go on with what waits at its stages, and what runs goes through both', () => {
    // Query 0 is through both at 40; the others come to the first stage at 5, and go through it every 10 ms.
    expect(run([both], [a, b], 5)).toEqual([40, 43, 71, 99, 110]);
  });
});

/** A list, three stages per item and one that gathers. */
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

/** Ways to group its stages. */
const groupings = [
  [[0], [1], [2], [3]],
  [[0], [1, 2], [3]],
  [[0, 3], [1], [2]],
  [
    [0, 3],
    [1, 2],
  ],
];

const somePool = fc.record({
  hardware: fc.constantFrom('cpu', 't4'),
  batch: fc.integer({ min: 1, max: 8 }),
  replicas: fc.integer({ min: 2, max: 6 }),
  maxWait: fc.constantFrom(0, 3),
});
const someGroups = fc
  .record({
    grouping: fc.constantFrom(...groupings),
    pools: fc.array(somePool, { minLength: 4, maxLength: 4 }),
  })
  .map(({ grouping, pools }): SimulatedGroup[] =>
    grouping.map((stages, g) => ({
      stages: Int32Array.from(stages),
      pools: [
        poolOf(
          stages.map(() => exponential(1)),
          pools[g],
        ),
      ],
    })),
  );
const someChanges = fc
  .array(fc.record({ time: fc.integer({ min: 0, max: 1500 }), groups: someGroups }), { maxLength: 5 })
  .map(changes => changes.toSorted((one, other) => one.time - other.time));

function runOf(
  structure: Structure,
  groups: readonly SimulatedGroup[],
  seed: number,
  options: SimulateOptions,
) {
  const deployment = { groups, hosts: [2], engine: { query: 0.01, hop: 0.01, host: 0 } };
  return simulate(structure, deployment, poisson(0.3, 500, seed), options);
}

describe('whatever takes the place of what', () => {
  it('ends every query and every item of it once', () => {
    fc.assert(
      fc.property(someGroups, someChanges, fc.integer(), (groups, changes, seed) => {
        const outcome = runOf(fanOut, groups, seed, { changes });
        expect([outcome.finished, outcome.dropped]).toEqual([500, 0]);
        for (const [stage, per] of [1, 3.6, 3.6, 1].entries())
          expect(outcome.stages[stage]!.items).toBe(500 * per);
        const items = sum(outcome.pools.flat().map(pool => pool.items));
        expect(sum(outcome.groups.map(group => group.items))).toBe(items);
      }),
      { numRuns: 50 },
    );
  });

  it('obeys Little’s law over all groups there were', () => {
    fc.assert(
      fc.property(someGroups, someChanges, fc.integer(), (groups, changes, seed) => {
        const outcome = runOf(fanOut, groups, seed, { changes });
        const area = sum(outcome.groups.map(group => group.area));
        expect(area / sum(outcome.groups.map(group => group.sojourn))).toBeCloseTo(1, 9);
      }),
      { numRuns: 50 },
    );
  });

  it('ends or drops every query where there is a deadline', () => {
    fc.assert(
      fc.property(someGroups, someChanges, fc.integer(), (groups, changes, seed) => {
        const { finished, dropped, latencies } = runOf(fanOut, groups, seed, { changes, deadline: 15 });
        expect(finished + dropped).toBe(500);
        expect(latencies.filter(Number.isNaN)).toHaveLength(dropped);
      }),
      { numRuns: 50 },
    );
  });

  it('gives the same answer to the last digit', () => {
    fc.assert(
      fc.property(someGroups, someChanges, fc.integer(), (groups, changes, seed) => {
        expect(runOf(fanOut, groups, seed, { changes })).toEqual(runOf(fanOut, groups, seed, { changes }));
      }),
      { numRuns: 30 },
    );
  });

  it('changes no latency where it is the same', () => {
    fc.assert(
      fc.property(
        someGroups,
        fc.array(fc.integer({ min: 0, max: 1500 })),
        fc.integer(),
        (groups, times, seed) => {
          const changes = times.toSorted((one, other) => one - other).map(time => ({ time, groups }));
          for (const options of [{}, { deadline: 15 }]) {
            const { latencies, stages } = runOf(fanOut, groups, seed, { ...options, changes });
            const plain = runOf(fanOut, groups, seed, options);
            expect({ latencies, stages }).toEqual({ latencies: plain.latencies, stages: plain.stages });
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a controller', () => {
  /** Asks for one replacement, and keeps what it is told. */
  class Watcher implements Controller {
    readonly most = 4;
    readonly told: string[] = [];
    next = 5;
    readonly #replacement: Replacement;

    constructor(replacement: Replacement) {
      this.#replacement = replacement;
    }

    arrived(now: number): void {
      this.told.push(`arrived ${now}`);
    }

    answered(now: number, items: ArrayLike<number>): void {
      this.told.push(`answered ${now} ${Array.from(items)}`);
    }

    ran(now: number, stage: number, hardware: string, items: number, took: number): void {
      this.told.push(`ran ${now} ${stage} ${hardware} ${items} ${took}`);
    }

    look(): readonly Replacement[] {
      this.next = Infinity;
      return [this.#replacement];
    }
  }

  const watch = (options: SimulateOptions, pool: Partial<SimulatedPool>, hosts: readonly number[] = []) => {
    const watcher = new Watcher({ time: 7, groups: [groupOf([0, 1], { hardware: 't4' }, [1, 2])] });
    const deployment = deploymentOf([poolOf(constant(10), pool), poolOf(constant(20), pool)], { hosts });
    const sample = { seed: 1, arrivals: Float64Array.of(0, 1) };
    simulate(chainOf(2), deployment, sample, { ...options, controller: watcher });
    return watcher.told;
  };

  it('is told of queries that come and are answered, and of each stage that a batch passed', () => {
    expect(watch({}, {})).toEqual([
      'arrived 0',
      'arrived 1',
      'ran 10 0 cpu 1 10',
      // From 7 on in one group: both stages in one go.
      'ran 10 0 t4 1 1',
      'ran 10 1 t4 1 2',
      'answered 10 1,1',
      'ran 12 1 t4 1 2',
      'answered 12 1,1',
    ]);
  });

  it('is told how long stages took on a crowded host', () => {
    const told = watch({}, { replicas: 2, host: 0 }, [1]);
    // Two batches of 10 ms share a core from 1 on.
    expect(told.filter(line => line.includes('cpu'))).toEqual(['ran 19 0 cpu 1 19', 'ran 20 0 cpu 1 19']);
  });

  it('is told of no answer that comes too late', () => {
    const told = watch({ deadline: 8 }, {});
    expect(told.filter(line => line.startsWith('answered'))).toEqual([]);
  });
});
