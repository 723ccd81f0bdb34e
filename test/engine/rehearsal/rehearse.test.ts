/** The engine with emulated stages does what the estimator predicts, to the last query. */
import { describe, expect, it } from 'vitest';
import { rehearse, type Rehearsal } from '../../../engine/rehearsal/rehearse.ts';
import { localReplicas } from '../../../engine/runtime/local-replica.ts';
import { loadStructure } from '../../../pipelines/index.ts';
import { gammaArrivals, type Outcome } from '../../../planner/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { both, groupsOf, pool, profiledSystem, systemOf } from './systems.ts';

function expectSame(rehearsed: Rehearsal, simulated: Outcome): void {
  const differing = [...rehearsed.latencies].flatMap((latency, query) =>
    Math.abs(latency - simulated.latencies[query]!) < 1e-6 ? [] : [query],
  );
  expect(differing).toEqual([]);
  for (const [index, { items, queue, service }] of rehearsed.stages.entries()) {
    const predicted = simulated.stages[index]!;
    expect(items).toBe(predicted.items);
    expect(queue).toBeCloseTo(predicted.queue, 3);
    expect(service).toBeCloseTo(predicted.service, 3);
  }
  for (const [g, { hardware }] of rehearsed.groups.entries()) {
    const busy = simulated.pools[g]!.reduce((sum, pool) => sum + pool.busy, 0);
    expect(hardware.reduce((sum, work) => sum + work.busy, 0)).toBeCloseTo(busy, 3);
  }
  expect(rehearsed.end).toBeCloseTo(simulated.end, 3);
}

const chain = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { operator: x, inputs: { in: a.out } }
  c: { operator: x, inputs: { in: [b.out], other: inputs.text } }`;

const branch = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { when: a.language != "en" && size(inputs.text) > 3, operator: x, inputs: { in: a.out } }
  b2: { operator: x, inputs: { in: b.out } }
  c: { operator: x, inputs: { in: [b2.out, a.out] } }`;

const fanOut = `
  find: { operator: x, inputs: { in: inputs.text } }
  read: { each: find.crops, operator: x, inputs: { in: item } }
  fix: { each: { crop: find.crops, text: read.text }, when: item.text != "" && find.any, operator: x, inputs: { in: item.crop } }
  pick: { each: { fixed: [fix.text, read.text], angle: find.angles }, operator: x, inputs: { in: item.fixed } }
  join: { operator: x, inputs: { in: pick.text, all: find.crops } }
  sum: { when: size(read.text) > 0, operator: x, inputs: { in: read.text } }
  end: { operator: x, inputs: { in: [sum.out, join.out], other: join.out } }`;

describe('a rehearsal in virtual time has the latencies that are predicted', () => {
  it('of a chain, with batches', async () => {
    const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 40 }, c: { time: 10 } });
    const { rehearsed, simulated } = await both(system, { a: [pool(1, 4)], b: [pool(2, 2)], c: [pool(1)] });
    expectSame(rehearsed, simulated);
  });

  it('of bursts', async () => {
    const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 40 }, c: { time: 10 } });
    const pools = { a: [pool(1, 8)], b: [pool(2, 8)], c: [pool(1)] };
    const { rehearsed, simulated } = await both(system, pools, { cv: 4 });
    expectSame(rehearsed, simulated);
  });

  it('of pools that wait for fuller batches', async () => {
    const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 40 }, c: { time: 10 } });
    const waiting = [pool(2, 4, 'cpu', 30)];
    const { rehearsed, simulated } = await both(system, { a: waiting, b: [pool(4)], c: [pool(1)] });
    expectSame(rehearsed, simulated);
  });

  it('of a branch whose share is known', async () => {
    const profiled = {
      a: { time: 20 },
      b: { time: 60, scale: 0.4 },
      b2: { time: 10, scale: 0.4 },
      c: { time: 20 },
    };
    const pools = { a: [pool(1)], b: [pool(1)], b2: [pool(1)], c: [pool(1)] };
    const { rehearsed, simulated } = await both(systemOf(branch, 'c.out', profiled), pools);
    expect(rehearsed.stages[1]!.items).toBeGreaterThan(60);
    expect(rehearsed.stages[1]!.items).toBeLessThan(100);
    expectSame(rehearsed, simulated);
  });

  it('of a branch with samples, in one group with what follows it', async () => {
    const some = [1, 0, 0, 1, 0];
    const profiled = {
      a: { time: 10, scale: [1, 1, 1, 1, 1] },
      b: { time: 30, scale: some },
      b2: { time: 10, scale: some },
      c: { time: 10, scale: [1, 1, 1, 1, 1] },
    };
    const system = systemOf(branch, 'c.out', profiled);
    const { rehearsed, simulated } = await both(system, { a: [pool(1)], 'b+b2': [pool(2, 2)], c: [pool(1)] });
    expectSame(rehearsed, simulated);
  });

  it('of a stage without a condition that samples pass by', async () => {
    const profiled = { a: { time: 20 }, b: { time: 20, scale: [1, 0] }, c: { time: 10, scale: [1, 0] } };
    const pools = { a: [pool(1)], b: [pool(1)], c: [pool(1)] };
    const { rehearsed, simulated } = await both(systemOf(chain, 'c.out', profiled), pools);
    expect(rehearsed.stages.map(({ items }) => items)).toEqual([200, 100, 100]);
    expectSame(rehearsed, simulated);
  });

  it('of fan-outs, with conditions on items, fallbacks and zipped lists', async () => {
    const counts = [3, 0, 1, 5, 2, 0, 4];
    const profiled = {
      find: { time: 15 },
      read: { time: 8, scale: counts },
      fix: { time: 12, scale: [1, 0, 0, 2, 2, 0, 1] },
      pick: { time: 3, scale: counts },
      join: { time: 5 },
      sum: { time: 6, scale: [1, 0, 1, 0, 1, 0, 1] },
      end: { time: 2 },
    };
    const pools = {
      find: [pool(1)],
      read: [pool(2, 4)],
      fix: [pool(1, 2)],
      pick: [pool(1, 8)],
      join: [pool(1)],
      sum: [pool(1)],
      end: [pool(1)],
    };
    const { rehearsed, simulated } = await both(systemOf(fanOut, 'end.out', profiled), pools);
    expectSame(rehearsed, simulated);
  });

  it('of a fan-out whose mean is known, and fused groups', async () => {
    const profiled = {
      find: { time: 15 },
      read: { time: 8, scale: 2.5 },
      fix: { time: 12, scale: 1 },
      pick: { time: 3, scale: 2.5 },
      join: { time: 5 },
      sum: { time: 6, scale: 0.5 },
      end: { time: 2 },
    };
    const pools = { find: [pool(1)], 'read+fix+pick': [pool(3, 4)], 'join+sum+end': [pool(1, 2)] };
    const { rehearsed, simulated } = await both(systemOf(fanOut, 'end.out', profiled), pools);
    expectSame(rehearsed, simulated);
  });

  it('of mixed pools, the fastest first wherever the plan has it', async () => {
    const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 60 }, c: { time: 10 } });
    const pools = {
      a: [pool(1)],
      b: [pool(1), pool(1, 4, 't4'), pool(1, 2)],
      c: [pool(1)],
    };
    const { rehearsed, simulated } = await both(system, pools, { rate: 35 });
    expectSame(rehearsed, simulated);
    const [cpu, t4] = ['cpu', 't4'].map(
      type => rehearsed.groups[1]!.hardware.find(({ name }) => name === type)!.items,
    );
    expect(t4).toBeGreaterThan(cpu!);
  });

  it('of a slow pool that waits for a backlog', async () => {
    const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 60 }, c: { time: 10 } });
    const slow = { ...pool(2, 1, 'cpu', 50), backlog: 3 };
    const pools = { a: [pool(2, 1, 't4')], b: [pool(1, 1, 't4'), slow], c: [pool(1)] };
    const { rehearsed, simulated } = await both(system, pools, { rate: 45 });
    expectSame(rehearsed, simulated);
    expect(rehearsed.groups[1]!.hardware.every(({ items }) => items > 0)).toBe(true);
  });

  it('of items that carry state from one to the next', async () => {
    const stages = `
  split: { operator: x, inputs: { in: inputs.text } }
  hear: { each: split.frames, operator: x, inputs: { in: item }, state: { before: after } }
  end: { operator: x, inputs: { in: hear.heard } }`;
    const profiled = { split: { time: 10 }, hear: { time: 6, scale: [4, 2, 0, 6] }, end: { time: 5 } };
    const pools = { split: [pool(1)], hear: [pool(2, 4)], end: [pool(1)] };
    const { rehearsed, simulated } = await both(systemOf(stages, 'end.out', profiled), pools);
    expectSame(rehearsed, simulated);
  });
});

/** Stages with the samples of items per query that they get; all others get one. */
const shipped = {
  ocr: { items: [9, 0, 3, 5], stages: ['orient', 'rotate', 'read', 'text'] },
  speech: { items: [4, 2, 7], stages: ['detect'] },
  fashion: { items: [1], stages: [] },
};

const fused: Record<keyof typeof shipped, string[]> = {
  ocr: ['decode+fit+prepare', 'detect+locate+crop+thumb', 'orient+rotate', 'read+text', 'order+assemble'],
  speech: ['decode+split', 'detect', 'segment'],
  fashion: ['decode+fit+normalise', 'classify+softmax+top'],
};

describe.each(Object.keys(shipped) as (keyof typeof shipped)[])('a rehearsal of the pipeline %s', name => {
  const load = async () => {
    const pipeline = await loadStructure(`pipelines/${name}`);
    const { items, stages } = shipped[name];
    const profiled = pipeline.stages.map((stage, index) => {
      const scale = items.map(count => ((stages as string[]).includes(stage.name) ? count : 1));
      return [stage.name, { time: 3 + index, scale }] as const;
    });
    return profiledSystem(pipeline, Object.fromEntries(profiled));
  };

  it('has the latencies that are predicted, each stage on its own', async () => {
    const system = await load();
    const pools = system.pipeline.stages.map(({ name }) => [name, [pool(2, 2), pool(1, 4, 't4')]] as const);
    const { rehearsed, simulated } = await both(system, Object.fromEntries(pools), { queries: 60, rate: 15 });
    expectSame(rehearsed, simulated);
  });

  it('has the latencies that are predicted, stages fused', async () => {
    const system = await load();
    const pools = fused[name].map(group => [group, [pool(3, 4)]] as const);
    const { rehearsed, simulated } = await both(system, Object.fromEntries(pools), { queries: 60, rate: 15 });
    expectSame(rehearsed, simulated);
  });
});

describe('a rehearsal', () => {
  const system = systemOf(chain, 'c.out', { a: { time: 20 }, b: { time: 40 }, c: { time: 10 } });
  const groups = groupsOf({ a: [pool(1)], b: [pool(2)], c: [pool(1)] });
  const sample = { seed: 1, arrivals: gammaArrivals(20, 1, 50, 1) };

  it('tells how many queries are answered', async () => {
    const clock = new VirtualClock();
    const told: number[] = [];
    const onProgress = (answered: number, total: number) => {
      expect(total).toBe(50);
      told.push(answered);
    };
    const replicas = localReplicas(clock);
    await clock.until(rehearse(system, groups, sample, { clock, replicas, onProgress }));
    expect(told).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('takes in more queries than the engine would, if the plan is overloaded', async () => {
    const clock = new VirtualClock();
    const flood = { seed: 1, arrivals: new Float64Array(2000) };
    const replicas = localReplicas(clock);
    const { latencies } = await clock.until(rehearse(system, groups, flood, { clock, replicas }));
    expect(Math.max(...latencies)).toBeGreaterThan(30_000);
  });

  it('ends when it is told', async () => {
    const clock = new VirtualClock();
    const ending = new AbortController();
    const reason = new Error('enough');
    const onProgress = (answered: number) => {
      if (answered === 10) ending.abort(reason);
    };
    const options = { clock, replicas: localReplicas(clock), onProgress, signal: ending.signal };
    await expect(clock.until(rehearse(system, groups, sample, options))).rejects.toBe(reason);
  });

  it('refuses a plan for hardware that no profile is of', async () => {
    const elsewhere = groupsOf({ a: [pool(1, 1, 'a100')], b: [pool(2)], c: [pool(1)] });
    await expect(rehearse(system, elsewhere, sample)).rejects.toThrow('no service times on "a100"');
  });
});
