/** How simulated queries flow, where no random pipeline of the comparison with the engine leads. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { constant, deploymentOf, poisson, poolOf, structureFor, sum } from './support.ts';

const list = { list: 'inputs: { in: inputs.x }' };
const each = 'each: list.items, inputs: { in: item }';

/** Every stage takes 10 ms and has replicas in plenty; queries are far apart. */
function run(
  stages: Readonly<Record<string, string>>,
  scales: Parameters<typeof structureFor>[1],
  queries = 200,
) {
  const structure = structureFor(stages, scales);
  const pools = structure.stages.map(() => poolOf(constant(10), { replicas: 10 }));
  const arrivals = Float64Array.from({ length: queries }, (_, query) => 1000 * query);
  return simulate(structure, deploymentOf(pools), { seed: 1, arrivals });
}

describe('items with state', () => {
  it('go one after the other, whichever of them are skipped', () => {
    const { latencies } = run(
      { ...list, each: `${each}, when: item != "x", state: { memory: out }` },
      { each: { samples: [3] } },
    );
    expect(new Set(latencies)).toEqual(new Set([40]));
    const some = run(
      { ...list, all: each, each: `${each}, when: item != "x", state: { memory: out }` },
      { all: { samples: [5] }, each: { samples: [3] } },
    );
    expect(new Set(some.latencies)).toEqual(new Set([40]));
    expect(some.stages[2]!.items).toBe(600);
  });
});

describe('a fan-out all of whose stages are conditional', () => {
  it('has as many items as whichever of them runs', () => {
    const { stages } = run(
      {
        ...list,
        a: `${each}, when: list.kind == "a"`,
        b: `${each}, when: list.kind == "b"`,
        join: 'each: [a.out, b.out], inputs: { in: item }',
        gather: 'inputs: { in: join.out }',
      },
      {
        a: { samples: [3, 0] },
        b: { samples: [0, 5] },
        join: { samples: [3, 5] },
        gather: { samples: [1, 1] },
      },
    );
    expect(stages.map(({ items }) => items)).toEqual([200, 300, 500, 800, 200]);
  });
});

describe('stages of a group', () => {
  it('run in one go where nothing else is waited for', () => {
    const structure = structureFor({ ...list, a: 'inputs: { in: list.out }', b: 'inputs: { in: a.out }' });
    const pools = [poolOf([constant(1), constant(2), constant(3)], { wake: 0.5, batch: 4 })];
    const groups = [{ stages: Int32Array.of(0, 1, 2), pools }];
    const deployment = { groups, hosts: [], engine: { query: 0, hop: 0 } };
    const { latencies, stages, pools: counts } = simulate(structure, deployment, poisson(0.01, 1));
    expect([...latencies]).toEqual([6.5]);
    expect(stages.map(({ service }) => service)).toEqual([1, 2, 3]);
    expect(sum(counts[0]!.map(({ batches }) => batches))).toBe(1);
  });
});
