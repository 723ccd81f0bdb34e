/** Which batches count as alone, and what is noted of them. */
import { describe, expect, it } from 'vitest';
import { LoneBatches } from '../../../engine/profiler/lone-batches.ts';
import type { Replica, ReplicaFactory } from '../../../engine/runtime/replica.ts';

/** Replicas whose batches end when they are told to, each stage after a millisecond by their clock. */
async function start(lone: LoneBatches, names: readonly string[]) {
  const ends: (() => void)[] = [];
  const factory: ReplicaFactory = {
    start: async ({ stages }) =>
      ({
        run: () =>
          new Promise(resolve =>
            ends.push(() => resolve({ items: [], blocks: [], times: stages.map(() => 1) })),
          ),
      }) as unknown as Replica,
  };
  const spec = { stages: names.map(name => ({ name })) } as never;
  const replica = await lone.replicas(factory).start(spec);
  const run = (items: number, stages = names.map((_, stage) => stage)) => {
    const program = stages.map(stage => ({ stage, inputs: [], exports: [] }));
    const batch = {
      programs: [program],
      items: Array.from({ length: items }, () => ({ program: 0 })),
      recycled: [],
    };
    return replica.run(batch as never);
  };
  return { run, ends };
}

describe('batches of a lone query', () => {
  it('are noted with their stages, until the next batch or the answer', async () => {
    const lone = new LoneBatches();
    const { run, ends } = await start(lone, ['a', 'b']);
    lone.sent(false);
    const first = run(1, [1]);
    ends.shift()!();
    await first;
    const second = run(1);
    ends.shift()!();
    await second;
    lone.answered();
    const [{ stages, batches, others }] = lone.groups as [(typeof lone.groups)[number]];
    expect({ stages, others }).toEqual({ stages: ['a', 'b'], others: 0 });
    expect(batches.map(({ times }) => times)).toEqual([
      [null, 1],
      [1, 1],
    ]);
    expect(lone.queries).toHaveLength(1);
  });

  it('are kept apart after a rest', async () => {
    const lone = new LoneBatches();
    const { run, ends } = await start(lone, ['a']);
    lone.sent(true);
    const only = run(1);
    ends.shift()!();
    await only;
    lone.answered();
    // Nothing is known of what comes at once.
    expect(lone.groups).toEqual([]);
    expect(lone.queries).toEqual([]);
  });

  it('are not alone with more items, beside each other, or if another begins meanwhile', async () => {
    const lone = new LoneBatches();
    const { run, ends } = await start(lone, ['a']);
    lone.sent(false);
    const batches = [run(1), run(1), run(2)];
    for (const end of ends.splice(0)) end();
    await Promise.all(batches);
    const last = run(1);
    ends.shift()!();
    await last;
    lone.answered();
    expect(lone.groups[0]!.others).toBe(3);
    expect(lone.groups[0]!.batches).toHaveLength(1);
  });

  it('are not looked at between queries', async () => {
    const lone = new LoneBatches();
    const { run, ends } = await start(lone, ['a']);
    const batch = run(1);
    ends.shift()!();
    await batch;
    expect(lone.groups).toEqual([]);
  });
});
