/** A pipeline measured as a whole, on the real clock: how long things take at least, and what can't be told. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { localReplicas, type ReplicaFactory } from '../../../engine/index.ts';
import { Budget } from '../../../engine/profiler/budget.ts';
import { measureInPlace, type InPlaceOptions } from '../../../engine/profiler/in-place.ts';
import { realClock } from '../../../engine/runtime/clock.ts';
import { pipelineOf } from '../../support/virtual-engine.ts';

const stages = `
  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  check: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 5 ms } } }
  rare: { when: 'inputs.text == "never"', operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 5 ms } } }`;
const outputs = '{ out: check.out, rare: [rare.out, inputs.text] }';

const measure = async (
  texts: readonly string[],
  milliseconds: number,
  options: Partial<InPlaceOptions> = {},
) =>
  measureInPlace(
    await pipelineOf(stages, outputs),
    texts.map(text => ({ label: text, inputs: { text } })),
    {
      hardware: { device: 'cpu', threads: 1 },
      replicas: localReplicas(realClock),
      budget: new Budget(realClock, milliseconds),
      query: 0,
      vigil: { paused: true },
      ...options,
    },
  );

describe('a pipeline in place', () => {
  it('tells what the main thread takes, and what batches of one take each stage that ran', async () => {
    let measured = await measure(['a,b,c', 'd'], 600);
    // A machine that has other things to do takes longer to send all of them alone.
    for (let time = 2400; measured!.groups.length === 0; time *= 4)
      measured = await measure(['a,b,c', 'd'], time);
    const { costs, groups } = measured!;
    expect(costs.query).toBeGreaterThan(0);
    expect(costs.hop + costs.item).toBeGreaterThan(0);
    expect(groups.flatMap(({ stages }) => stages).sort()).toEqual(['check', 'split']);
    const { batches, others } = groups.find(({ stages }) => stages.includes('check'))!;
    for (const { times, rest } of batches) {
      // A timer counts from when the event loop's turn began, so it may go off early.
      expect(times[0]).toBeGreaterThan(0);
      expect(rest).toBeGreaterThanOrEqual(0);
    }
    // Of the three parts two are beside others.
    expect(others).toBeGreaterThan(0);
  });

  it('waits awake for batches, but where the main thread is timed', async () => {
    const vigil = { paused: true };
    const awake: boolean[] = [];
    const spy = (factory: ReplicaFactory): ReplicaFactory => ({
      start: async spec => {
        const replica = await factory.start(spec);
        return {
          ...replica,
          run: batch => {
            awake.push(!vigil.paused);
            return replica.run(batch);
          },
        };
      },
    });
    await measure(['a'], 2400, { vigil, replicas: spy(localReplicas(realClock)) });
    expect(awake).toEqual(awake.toSorted((a, b) => Number(a) - Number(b)));
    expect(new Set(awake)).toEqual(new Set([false, true]));
    expect(vigil.paused).toBe(true);
  });

  it.runIf(availableParallelism() > 1)('sees batches of one beside as many as there are cores', async () => {
    let measured = await measure(['a'], 2400);
    // A machine that has other things to do has fewer of them run at a time.
    for (let time = 4800; measured!.crowded.length === 0; time *= 2) measured = await measure(['a'], time);
    const { batches } = measured!.crowded.find(({ stages }) => stages.includes('check'))!;
    expect(batches.length).toBeGreaterThan(0);
    for (const { times, handover } of batches) {
      expect(times[0]).toBeGreaterThan(0);
      expect(handover).toBeGreaterThanOrEqual(0);
    }
  });

  it('tells nothing of stages whose hardware is another, or whose samples take too long', async () => {
    const onGpu = await measure(['a'], 600, { hardware: { device: 'cuda', threads: 1 } });
    expect(onGpu!.groups).toEqual([]);
    const many = Array.from({ length: 200 }, () => 'a');
    expect((await measure(many, 600))!.groups).toEqual([]);
  });

  it('tells nothing without time, and ends when it is interrupted', async () => {
    expect(await measure(['a'], 0)).toBe(null);
    const interrupted = measure(['a'], 60_000, { signal: AbortSignal.timeout(50) });
    await expect(interrupted).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('has many queries listen to one signal without a warning', async () => {
    const warnings: string[] = [];
    const warn = ({ name }: Error) => void warnings.push(name);
    process.on('warning', warn);
    try {
      expect(await measure(['a'], 2000, { signal: new AbortController().signal })).not.toBe(null);
      await new Promise(resolve => setImmediate(resolve));
    } finally {
      process.off('warning', warn);
    }
    expect(warnings).toEqual([]);
  });

  it('waits for its turn without spending its time', async () => {
    let turns = 0;
    const turn = async () => void turns++;
    expect(await measure(['a'], 600, { turn })).not.toBe(null);
    expect(turns).toBeGreaterThan(2);
  });

  it('runs on the processor, and fails where a stage can’t', async () => {
    const devices = new Set<string>();
    const spy = (factory: ReplicaFactory): ReplicaFactory => ({
      start: spec => {
        devices.add(spec.device);
        return factory.start(spec);
      },
    });
    await measure(['a'], 300, {
      hardware: { device: 'cuda', threads: 1 },
      replicas: spy(localReplicas(realClock)),
    });
    expect([...devices]).toEqual(['cpu']);
    const refusing: ReplicaFactory = { start: () => Promise.reject(new Error('not here')) };
    await expect(measure(['a'], 300, { replicas: refusing })).rejects.toThrow('not here');
  });
});
