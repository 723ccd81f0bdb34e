/** The profiler on a virtual clock: emulated stages take exactly as long as they are told. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  localReplicas,
  profilePipeline,
  readMeasurements,
  writeMeasurements,
  type Measurements,
  type ProfileOptions,
  type ReplicaFactory,
} from '../../../engine/index.ts';
import { MillraceError } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { pipelineOf } from '../../support/virtual-engine.ts';

const cpu = { name: 'cpu', device: 'cpu', threads: 1 } as const;

/** What a batch of any size takes, and one of eight: nothing is gained beyond. */
const emulate = (latency = '{ 1: 10 ms, 8: 20 ms }', from = 'inputs.text', more = '') =>
  `{ operator: emulate, inputs: { in: ${from} }, params: { latency: ${latency} ${more} } }`;

const sample = (text: string) => ({ label: text, inputs: { text } });

/** Profiles in virtual time, with replicas in this thread. */
async function profile(
  pipeline: BoundPipeline,
  texts: readonly string[],
  options: Partial<ProfileOptions> = {},
  wrap: (factory: ReplicaFactory, clock: VirtualClock) => ReplicaFactory = factory => factory,
) {
  const clock = new VirtualClock();
  const replicas = wrap(localReplicas(clock), clock);
  const outcome = profilePipeline(pipeline, texts.map(sample), {
    hardware: cpu,
    clock,
    replicas,
    ...options,
  });
  return clock.until(outcome);
}

const one = () => pipelineOf(`  a: ${emulate()}`, '{ out: a.out }');

const two = () =>
  pipelineOf(`  a: ${emulate()}\n  b: ${emulate('{ 1: 100 ms }', 'a.out')}`, '{ out: b.out }');

const fanned = () =>
  pipelineOf(
    `
  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  check: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 5 ms } } }
  rare: { when: 'inputs.text == "x,y"', operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 5 ms } } }
  never: { when: 'inputs.text == "z"', operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 5 ms } } }`,
    '{ out: check.out, rare: [rare.out, inputs.text], never: [never.out, inputs.text] }',
  );

describe('a profile', () => {
  it('has the times of every batch size until throughput stops growing', async () => {
    const { profile: made, notes } = await profile(await one(), ['x'], { maxBatch: 64 });
    expect(notes).toEqual([]);
    const { batches } = made!.stages['a']!;
    expect(batches.map(({ batch }) => batch)).toEqual([1, 2, 4, 8, 16, 32]);
    const means = batches.map(({ mean }) => mean);
    expect(means.slice(0, 4)).toEqual([10, expect.closeTo(11.4286), expect.closeTo(14.2857), 20]);
    expect(batches[0]!.quantiles.every(({ time }) => time === 10)).toBe(true);
  });

  it('stops at the largest batch that is asked for', async () => {
    const { profile: made } = await profile(await one(), ['x'], { maxBatch: 3 });
    expect(made!.stages['a']!.batches.map(({ batch }) => batch)).toEqual([1, 2, 3]);
  });

  it('says what it is of', async () => {
    const { profile: made } = await profile(await one(), ['x'], { maxBatch: 1 });
    expect(made).toMatchObject({ pipeline: 'test', hardware: 'cpu', host: { node: process.versions.node } });
    const { query, hop, wake } = made!.engine;
    for (const cost of [query, hop, wake]) expect(cost).toBeGreaterThanOrEqual(0);
    expect(made!.stages['a']!.memory).toBeGreaterThanOrEqual(0);
  });

  it('has how many items each sample made, and which branches it took', async () => {
    const { profile: made, notes } = await profile(await fanned(), ['a,b,c', '', 'x,y'], { maxBatch: 1 });
    expect(Object.entries(made!.stages).map(([name, { scale }]) => [name, scale.samples])).toEqual([
      ['split', [1, 1, 1]],
      ['check', [3, 0, 2]],
      ['rare', [0, 0, 1]],
    ]);
    expect(made!.stages['check']!.scale.mean).toBeCloseTo(5 / 3);
    expect(notes).toEqual([expect.stringMatching(/"never" is left out: no sample reached it/)]);
  });
});

describe('what a stage is measured with', () => {
  it('is what the samples gave it', async () => {
    const seen = new Set<string>();
    const spy = (factory: ReplicaFactory): ReplicaFactory => ({
      async start(spec) {
        const replica = await factory.start(spec);
        const run: typeof replica.run = batch => {
          if (spec.stages[0]!.name === 'check' && batch.items.length === 4)
            seen.add(batch.items.map(({ values: [value] }) => textAt(value)).join(''));
          return replica.run(batch);
        };
        return { ...replica, run };
      },
    });
    await profile(await fanned(), ['a,b,c', 'd,e'], { maxBatch: 4 }, spy);
    // Neighbours, as a queue has them, from every place.
    expect([...seen].sort()).toEqual(['abcd', 'bcde', 'cdea', 'deab', 'eabc']);
  });

  it('leaves out samples that fail', async () => {
    const fragile = `  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }`;
    const pipeline = await pipelineOf(fragile, '{ out: a.out }');
    const { profile: made, notes } = await profile(pipeline, ['x', 'poison', 'y'], { maxBatch: 2 });
    expect(made!.stages['a']!.scale.samples).toEqual([1, 1]);
    expect(notes).toEqual([
      expect.stringMatching(/sample poison is left out: stage-failed: .*swallow poison/),
    ]);
    await expect(profile(pipeline, ['poison'])).rejects.toMatchObject({
      code: 'stage-failed',
      message: expect.stringMatching(
        /no sample gets through the pipeline; the first, poison, fails: .*swallow/,
      ),
    });
  });
});

describe('a profile that is interrupted', () => {
  it('goes on where it stopped, to the same end', async () => {
    const whole = await profile(await two(), ['x'], { maxBatch: 4 });
    const controller = new AbortController();
    let kept = 0;
    const keep = () => {
      // The engine, and two batch sizes.
      if (++kept === 3) controller.abort();
    };
    const first = await profile(await two(), ['x'], { maxBatch: 4, keep, signal: controller.signal });
    expect(first.profile).toBe(null);
    expect(first.measurements.stages['a']!.batches.map(({ batch }) => batch)).toEqual([1, 2]);

    const text = writeMeasurements(first.measurements, 'id');
    const known = readMeasurements(text, 'id')!;
    const steps: Measurements[] = [];
    const second = await profile(await two(), ['x'], {
      maxBatch: 4,
      known,
      keep: step => void steps.push(step),
    });
    expect(steps[0]!.stages['a']!.batches.map(({ batch }) => batch)).toEqual([1, 2, 4]);
    const batchesOf = ({ profile: made }: typeof whole) =>
      Object.entries(made!.stages).map(([name, { batches }]) => [name, batches]);
    expect(batchesOf(second)).toEqual(batchesOf(whole));
    expect(second.profile!.engine).toEqual(known.engine);
  });

  it('goes on with nothing of something else', () => {
    const text = writeMeasurements({ engine: null, inPlace: null, stages: {} }, 'id');
    expect(readMeasurements(text, 'another')).toBe(null);
    expect(readMeasurements(text.slice(0, -5), 'id')).toBe(null);
    expect(readMeasurements('null', 'id')).toBe(null);
  });
});

describe('a replica', () => {
  /** Takes two milliseconds beside its stages, and five more after a rest of at least as long as that. */
  const slow = (factory: ReplicaFactory, clock: VirtualClock) => ({
    start: async (spec: Parameters<ReplicaFactory['start']>[0]) => {
      const replica = await factory.start(spec);
      const pass = (time: number) => new Promise<void>(resolve => void clock.at(clock.now() + time, resolve));
      let last = 0;
      return {
        ...replica,
        async run(batch: Parameters<typeof replica.run>[0]) {
          await pass(clock.now() - last >= 5 ? 7 : 2);
          const result = await replica.run(batch);
          last = clock.now();
          return result;
        },
      };
    },
  });

  it('is measured beside its stage, and after it has waited', async () => {
    const { profile: made } = await profile(await one(), ['x'], { maxBatch: 1 }, slow);
    const { wake, rested } = made!.stages['a']!;
    expect(wake! + made!.engine.hop).toBeCloseTo(2, 3);
    expect(rested).toEqual([
      { rest: 1, time: 0, wake: 0 },
      { rest: 4, time: 0, wake: 0 },
      { rest: 16, time: 0, wake: 5 },
      { rest: 64, time: 0, wake: 5 },
    ]);
  });

  it.skipIf(availableParallelism() < 2)('keeps more threads busy if several slow each other', async () => {
    let running = 0;
    const crowded = (factory: ReplicaFactory, clock: VirtualClock) => ({
      start: async (spec: Parameters<ReplicaFactory['start']>[0]) => {
        const replica = await factory.start(spec);
        return {
          ...replica,
          async run(batch: Parameters<typeof replica.run>[0]) {
            const more = ++running > 1 ? 5 : 0;
            const result = await replica.run(batch);
            await new Promise<void>(resolve => void clock.at(clock.now() + more, resolve));
            running--;
            return { ...result, times: result.times.map(time => time + more) };
          },
        };
      },
    });
    const { profile: made } = await profile(await one(), ['x'], { maxBatch: 1 }, crowded);
    expect(made!.stages['a']!.threads).toBeGreaterThan(1);
    const { profile: alone } = await profile(await one(), ['x'], { maxBatch: 1 });
    expect(alone!.stages['a']!.threads).toBe(1);
  });
});

describe('a budget', () => {
  it('ends larger batches first', async () => {
    const { profile: made, notes } = await profile(await two(), ['x'], { budget: 4000 });
    expect(made!.stages['b']!.batches[0]!.mean).toBe(100);
    expect(notes).toContainEqual(expect.stringMatching(/"b": there was no time for batches of \d/));
  });

  it('that is spent gives no profile, and the next one goes on', async () => {
    const small = await profile(await two(), ['x'], { budget: 250 });
    expect(small.profile).toBe(null);
    expect(small.notes).toContainEqual(expect.stringMatching(/no time was left to measure "b"/));
    const next = await profile(await two(), ['x'], { known: small.measurements, maxBatch: 2 });
    expect(Object.keys(next.profile!.stages)).toEqual(['a', 'b']);
  });

  it('is not spent while other work has its turn', async () => {
    let turns = 0;
    const turn = async () => void turns++;
    const { profile: made } = await profile(await one(), ['x'], { maxBatch: 1, turn });
    expect(made).not.toBe(null);
    expect(turns).toBeGreaterThan(100);
  });
});

describe('hardware', () => {
  /** Refuses to start some stages on a GPU. */
  const without = (refused: readonly string[]) => (factory: ReplicaFactory) => ({
    start: async (spec: Parameters<ReplicaFactory['start']>[0]) => {
      const { name } = spec.stages[0]!;
      if (spec.device === 'cuda' && refused.includes(name))
        throw new MillraceError('unavailable', `stage "${name}" asks for cuda, which is not here`);
      return factory.start(spec);
    },
  });
  const cuda = { name: 'cuda', device: 'cuda', threads: 1 } as const;

  it('that can’t run a stage leaves it out', async () => {
    const options = { hardware: cuda, maxBatch: 1 };
    const { profile: made, notes } = await profile(await two(), ['x'], options, without(['a']));
    expect(Object.keys(made!.stages)).toEqual(['b']);
    expect(notes).toEqual([expect.stringMatching(/"a" is left out: .*which is not here/)]);
  });

  it('that can run no model is an error', async () => {
    const failing = profile(await two(), ['x'], { hardware: cuda }, without(['a', 'b']));
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a stage that only fails in company', () => {
  it('is measured up to what it can', async () => {
    const pipeline = await pipelineOf(`  a: ${emulate()}`, '{ out: a.out }');
    const lonely = (factory: ReplicaFactory): ReplicaFactory => ({
      async start(spec) {
        const replica = await factory.start(spec);
        const error = { code: 'stage-failed', message: 'too many', stage: 'a', detail: '' } as const;
        return {
          ...replica,
          run: async batch =>
            batch.items.length > 2
              ? { items: batch.items.map(() => ({ error })), blocks: [], times: [1] }
              : replica.run(batch),
        };
      },
    });
    const { profile: made, notes } = await profile(pipeline, ['x'], {}, lonely);
    expect(made!.stages['a']!.batches.map(({ batch }) => batch)).toEqual([1, 2]);
    expect(notes).toEqual([expect.stringMatching(/batches of 4 are left out: too many/)]);
  });
});

function textAt(value: unknown): string {
  return new TextDecoder().decode((value as { data: readonly Uint8Array[] }).data[0]);
}
