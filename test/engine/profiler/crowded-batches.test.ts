/** Which batches are seen while all cores are busy, and what is made of them. */
import { describe, expect, it } from 'vitest';
import { CrowdedBatches, type CrowdedBatch } from '../../../engine/profiler/crowded-batches.ts';
import { crowdedTimes } from '../../../engine/profiler/crowded-times.ts';
import type { Replica, ReplicaFactory } from '../../../engine/runtime/replica.ts';

/** Replicas whose batches end when they are told to. */
async function start(crowded: CrowdedBatches) {
  const ends: (() => void)[] = [];
  const factory: ReplicaFactory = {
    start: async ({ stages }) =>
      ({
        run: () =>
          new Promise(resolve =>
            ends.push(() => resolve({ items: [], blocks: [], times: stages.map(() => 0) })),
          ),
      }) as unknown as Replica,
  };
  const replica = await crowded.replicas(factory).start({ stages: [{ name: 'a' }, { name: 'b' }] } as never);
  const run = (items: number) =>
    replica.run({
      programs: [[{ stage: 1, inputs: [], exports: [] }]],
      items: Array.from({ length: items }, () => ({ program: 0 })),
      recycled: [],
    } as never);
  /** Ends all that are under way, after a while: how long they were under way together is what counts. */
  const end = async () => {
    await new Promise(resolve => setTimeout(resolve, 5));
    for (const one of ends.splice(0)) one();
  };
  return { run, end };
}

describe('batches on busy cores', () => {
  it('are noted with their stages, those of several items by their number alone', async () => {
    const crowded = new CrowdedBatches(2);
    crowded.watching = true;
    const { run, end } = await start(crowded);
    const both = Promise.all([run(1), run(2)]);
    await end();
    await both;
    const [{ stages, batches, others }] = crowded.groups as [(typeof crowded.groups)[number]];
    expect({ stages, others }).toEqual({ stages: ['a', 'b'], others: 1 });
    expect(batches.map(({ times }) => times)).toEqual([[null, 0]]);
  });

  it('are none where they had the cores to themselves, nobody looked, or nothing of it counts', async () => {
    const alone = new CrowdedBatches(2);
    alone.watching = true;
    const { run, end } = await start(alone);
    for (let turn = 0; turn < 3; turn++) {
      const one = run(1);
      await end();
      await one;
    }
    expect(alone.groups).toEqual([]);
    for (const watching of [true, false]) {
      const crowded = new CrowdedBatches(2);
      crowded.watching = watching;
      const { run, end } = await start(crowded);
      const both = Promise.all([run(1), run(1)]);
      await end();
      await both;
      expect(crowded.groups).toHaveLength(watching ? 1 : 0);
      crowded.forget();
      expect(crowded.groups).toEqual([]);
    }
  });
});

describe('what stages take longer on busy cores', () => {
  const costs = { query: 0, hop: 0, item: 0 };
  const seen = (count: number, batch: CrowdedBatch) => Array.from({ length: count }, () => batch);
  const timesOf = (alone: CrowdedBatch[], crowded: CrowdedBatch[], [beside, together] = [0, 0]) =>
    crowdedTimes({
      costs,
      groups: [
        {
          stages: ['a', 'b'],
          batches: alone.map(batch => ({ ...batch, rest: 0, beside: 0 })),
          rested: [],
          others: beside,
        },
      ],
      crowded: [{ stages: ['a', 'b'], batches: crowded, others: together }],
    });
  const alone = { times: [1, 2], handover: 0.5 };

  it('is the difference at each quantile, with that of handing over in the longest', () => {
    const times = timesOf(seen(100, alone), seen(100, { times: [1.25, 2.5], handover: 0.75 }));
    expect(times.get('a')!.every(({ time }) => time === 0.25)).toBe(true);
    expect(times.get('b')!.every(({ time }) => time === 0.75)).toBe(true);
    expect(times.get('a')!.at(-1)!.percentage).toBe(99);
  });

  it('is never below nothing', () => {
    const times = timesOf(seen(100, alone), seen(100, { times: [0.5, 1], handover: 0.25 }));
    expect([...times.values()].flat().every(({ time }) => time === 0)).toBe(true);
  });

  it('is not told by few, by others than these, or of what was not seen alone', () => {
    const [many, few] = [seen(100, alone), seen(99, alone)];
    expect(timesOf(many, few).size).toBe(0);
    expect(timesOf(few, many).size).toBe(0);
    expect(timesOf(many, many, [12, 0]).size).toBe(0);
    expect(timesOf(many, many, [0, 12]).size).toBe(0);
    expect(timesOf(many, many, [11, 11]).size).toBe(2);
    const other = { stages: ['c'], batches: many, others: 0 };
    expect(crowdedTimes({ costs, groups: [], crowded: [other] }).size).toBe(0);
    expect(crowdedTimes(null).size).toBe(0);
  });
});
