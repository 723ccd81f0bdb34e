import { describe, expect, it } from 'vitest';
import { observedPeriod } from '../../../planner/simulation/observed-period.ts';
import { firstObserved, QueryDraws } from '../../../planner/simulation/query-draws.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import type { Structure } from '../../../planner/simulation/structure.ts';
import { constant, deploymentOf, poisson, poolOf, structureFor } from './support.ts';

const queries = 20_000;

/** Mean items per query of each stage that a simulation runs. */
function means(structure: Structure): number[] {
  const pools = structure.stages.map(() => poolOf(constant(0.001), { replicas: 20 }));
  const { stages } = simulate(structure, deploymentOf(pools), poisson(1, queries));
  return stages.map(({ items }) => items / queries);
}

/** Within 3 %. */
const near = (values: readonly number[]) =>
  values.map(value => expect.closeTo(value, -Math.log10(0.06 * value)));

describe('where only means are known', () => {
  it('a branch is taken by its share of the queries, and so by all that comes after it', () => {
    const structure = structureFor(
      {
        a: 'inputs: { in: inputs.x }',
        b: 'when: a.kind == "b", inputs: { in: a.out }',
        c: 'inputs: { in: b.out }',
        d: 'inputs: { in: [c.out, a.out] }',
      },
      { a: { mean: 1 }, b: { mean: 0.4 }, c: { mean: 0.4 }, d: { mean: 1 } },
    );
    expect(means(structure)).toEqual(near([1, 0.4, 0.4, 1]));
  });

  it('a branch of a branch is taken by its share of all queries', () => {
    const structure = structureFor(
      {
        a: 'when: inputs.x == "a", inputs: { in: inputs.x }',
        b: 'when: a.kind == "b", inputs: { in: a.out }',
      },
      { a: { mean: 0.4 }, b: { mean: 0.3 } },
    );
    expect(means(structure)).toEqual(near([0.4, 0.3]));
  });

  it('a fan-out makes the two neighbours of its mean', () => {
    const structure = structureFor(
      { a: 'inputs: { in: inputs.x }', b: 'each: a.items, inputs: { in: item }', c: 'inputs: { in: b.out }' },
      { b: { mean: 2.3 } },
    );
    expect(means(structure)).toEqual(near([1, 2.3, 1]));
    const draws = new QueryDraws(structure, 1);
    const counts = Array.from({ length: 1000 }, (_, query) => {
      draws.draw(query);
      return draws.counts[0];
    });
    expect(new Set(counts)).toEqual(new Set([2, 3]));
  });

  it('a condition on items takes its share of them', () => {
    const structure = structureFor(
      {
        a: 'inputs: { in: inputs.x }',
        b: 'each: a.items, inputs: { in: item }',
        c: 'each: b.out, when: item == "c", inputs: { in: item }',
        d: 'each: c.out, inputs: { in: item }',
      },
      { b: { mean: 5 }, c: { mean: 2 }, d: { mean: 2 } },
    );
    expect(means(structure)).toEqual(near([1, 5, 2, 2]));
  });

  it('a fan-out behind a branch has its mean over all queries', () => {
    const structure = structureFor(
      {
        a: 'when: inputs.x == "a", inputs: { in: inputs.x }',
        b: 'each: a.items, inputs: { in: item }',
        c: 'each: b.out, when: item == "c", inputs: { in: item }',
      },
      { a: { mean: 0.4 }, b: { mean: 3.6 }, c: { mean: 1.8 } },
    );
    expect(means(structure)).toEqual(near([0.4, 3.6, 1.8]));
  });
});

describe('samples', () => {
  const list = {
    a: 'inputs: { in: inputs.x }',
    b: 'each: a.items, inputs: { in: item }',
    c: 'when: a.kind == "c", inputs: { in: a.out }',
    d: 'each: b.out, when: a.kind == "d", inputs: { in: item }',
  };
  const samples = [3, 0, 5, 1, 2];
  const structure = structureFor(list, {
    b: { samples },
    c: { samples: [1, 0, 0, 1, 0] },
    d: { samples: [3, 0, 0, 1, 2] },
  });
  /** Items of each stage of query `query`. */
  const itemsOf = (query: number, seed: number) => {
    const draws = new QueryDraws(structure, seed);
    draws.draw(query);
    const count = draws.counts[0]!;
    const open = (name: string, most: number) => {
      const { work } = structure.stages.find(stage => stage.name === name)!;
      return draws.open.subarray(work, work + most).filter(one => one === 1).length;
    };
    return [count, open('c', 1), open('d', count)];
  };

  it('are taken in order, wrapping, the same query’s for all stages', () => {
    for (const seed of [1, 2, 3, 4]) {
      const first = firstObserved(seed, 5);
      for (let query = 0; query < 12; query++) {
        const at = (first + query) % 5;
        expect(itemsOf(query, seed)).toEqual([samples[at], [1, 0, 0, 1, 0][at], [3, 0, 0, 1, 2][at]]);
      }
    }
  });

  it('are drawn anew where they are more than are met again', () => {
    const { a, b } = list;
    const [many, few] = [1001, 1000].map(length =>
      structureFor({ a, b }, { b: { samples: Array.from({ length }, (_, query) => query % 3) } }),
    );
    expect([observedPeriod(many!), observedPeriod(few!)]).toEqual([0, 1000]);
  });

  it('bring the same again, however many came between', () => {
    const { a, b, c } = list;
    const whole = structureFor(
      { a, b, c, e: 'inputs: { in: [c.out, b.out] }' },
      { b: { samples }, c: { samples: [1, 0, 0, 1, 0] }, e: { samples: [1, 1, 1, 1, 0] } },
    );
    const broughtBy = (draws: QueryDraws, query: number) => {
      draws.draw(query);
      const [count] = draws.counts as unknown as [number];
      const works = whole.stages.flatMap(({ work, perItem }) =>
        Array.from({ length: perItem ? count : 1 }, (_, item) => work + item),
      );
      return [count, ...works.map(work => [draws.open[work], draws.present[work]])];
    };
    const draws = new QueryDraws(whole, 3);
    for (let query = 0; query < 20; query++)
      expect(broughtBy(draws, query)).toEqual(broughtBy(new QueryDraws(whole, 3), query));
  });

  it('begin at another query for another seed', () => {
    expect(new Set(Array.from({ length: 100 }, (_, seed) => firstObserved(seed, 5))).size).toBe(5);
  });

  it('begin with the first for every seed where they are those of the arrivals', () => {
    const recorded = structureFor(list, { b: { samples, ofArrivals: true } });
    for (const seed of [1, 2, 3, 4]) {
      const draws = new QueryDraws(recorded, seed);
      const counts = samples.map((_, query) => {
        draws.draw(query);
        return draws.counts[0];
      });
      expect(counts).toEqual(samples);
    }
  });

  it('with conditions on some items choose any of them alike', () => {
    const some = structureFor(list, { b: { samples: [4] }, d: { samples: [2] } });
    const draws = new QueryDraws(some, 1);
    const { work } = some.stages[3]!;
    const taken = [0, 0, 0, 0];
    for (let query = 0; query < 4000; query++) {
      draws.draw(query);
      const open = draws.open.subarray(work, work + 4);
      expect(open.filter(one => one === 1)).toHaveLength(2);
      for (const [item, one] of open.entries()) taken[item]! += one;
    }
    for (const count of taken) expect(count / 4000).toBeCloseTo(0.5, 1.5);
  });

  it('of a zip with a shorter list take its first items', () => {
    const zip = structureFor(
      {
        a: 'inputs: { in: inputs.x }',
        long: 'each: a.items, inputs: { in: item }',
        both: 'each: { one: long.out, other: a.short }, inputs: { in: item.one }',
      },
      { long: { samples: [4] }, both: { samples: [2] } },
    );
    const draws = new QueryDraws(zip, 1);
    draws.draw(0);
    const { work } = zip.stages[2]!;
    expect([...draws.open.subarray(work, work + 4)]).toEqual([1, 1, 0, 0]);
  });

  it('of nothing gather to nothing', () => {
    const none = structureFor(
      { a: 'inputs: { in: inputs.x }', b: 'each: a.items, inputs: { in: item }', c: 'inputs: { in: b.out }' },
      { b: { samples: [0] } },
    );
    const { stages, finished } = simulate(
      none,
      deploymentOf(none.stages.map(() => poolOf(constant(1)))),
      poisson(0.1, 10),
    );
    expect(stages.map(({ items }) => items)).toEqual([10, 0, 10]);
    expect(finished).toBe(10);
  });
});
