/** Replicas that end, hang, leak or make no sense, and who notices. In virtual time. */
import { describe, expect, it } from 'vitest';
import { Engine } from '../../engine/index.ts';
import type { MillraceError } from '../../operators/index.ts';
import { FaultyReplicas, type Fault, type Faults } from '../support/faulty-replicas.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { deploymentOf, isAtRest, pipelineOf, textsOf } from '../support/virtual-engine.ts';

const stage = (more = '') =>
  `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } }${more} }`;

interface Started {
  engine: Engine;
  clock: VirtualClock;
  replicas: FaultyReplicas;
  /** Runs queries at once: texts of the answered, codes of the others. */
  ask(...texts: string[]): Promise<string[]>;
}

async function start(
  faults: Faults,
  { more = '', batch = 1, replicas = 1 }: { more?: string; batch?: number; replicas?: number } = {},
): Promise<Started> {
  const pipeline = await pipelineOf(stage(more), '{ out: a.out }');
  const clock = new VirtualClock();
  const factory = new FaultyReplicas(clock, faults);
  const engine = await Engine.start(pipeline, {
    clock,
    replicas: factory,
    deployment: deploymentOf(pipeline, { batch, replicas }),
    limits: { replicaMemory: 1000 },
  });
  const one = async (text: string) => {
    try {
      return textsOf((await engine.infer({ text })).outputs['out']) as string;
    } catch (error) {
      return (error as MillraceError).code;
    }
  };
  return { engine, clock, replicas: factory, ask: (...texts) => clock.until(Promise.all(texts.map(one))) };
}

/** The fault of batches that have this text in them. */
const on = (poison: string, fault: Fault): Faults => ({
  run: (_, texts) => (texts.includes(poison) ? fault : undefined),
});

/** The fault of one replica's batches. */
const of = (replica: number, fault: Fault): Faults => ({
  run: number => (number === replica ? fault : undefined),
});

describe('a batch whose worker ends', () => {
  it('is run again elsewhere, once', async () => {
    const { engine, ask, replicas } = await start(of(0, 'lost'));
    expect(await ask('x')).toEqual(['x']);
    expect(replicas.batches).toEqual([['x'], ['x']]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('fails only the query that ends its workers', async () => {
    const { engine, ask, replicas } = await start(on('poison', 'lost'), { batch: 4 });
    expect(await ask('first', 'b', 'poison', 'c', 'd')).toEqual(['first', 'b', 'stage-failed', 'c', 'd']);
    // Two workers are lost, however large the batch: with all of it, and with the one to blame alone.
    expect(replicas.started).toHaveLength(3);
    expect(isAtRest(engine)).toBe(true);
  });

  it('is not run again where its stage is not pure', async () => {
    const { engine, ask, replicas } = await start(on('poison', 'lost'), { batch: 4, more: ', pure: false' });
    expect(await ask('first', 'b', 'poison')).toEqual(['first', 'stage-failed', 'stage-failed']);
    expect(replicas.batches).toEqual([['first'], ['b', 'poison']]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('is not run again for a query that ended meanwhile', async () => {
    const { engine, clock, replicas } = await start(on('hung', 'hangs'), { more: ', timeout: 2 s' });
    const cancel = new AbortController();
    const query = engine.infer({ text: 'hung' }, { signal: cancel.signal });
    query.catch(() => undefined);
    await clock.advanceTo(5);
    cancel.abort();
    await clock.advanceTo(5000);
    expect(replicas.batches).toEqual([['hung']]);
    expect(isAtRest(engine)).toBe(true);
  });
});

describe('a batch over its time limit', () => {
  it('has its worker killed, and spares those who shared it', async () => {
    const { engine, ask, replicas } = await start(on('hang', 'hangs'), { batch: 4, more: ', timeout: 2 s' });
    expect(await ask('first', 'b', 'hang', 'c')).toEqual(['first', 'b', 'deadline-exceeded', 'c']);
    expect(replicas.killed).toEqual([0, 1]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('is not run again where its stage is not pure', async () => {
    const options = { batch: 4, more: ', timeout: 2 s, pure: false' };
    const { ask, replicas } = await start(on('hang', 'hangs'), options);
    expect(await ask('first', 'b', 'hang')).toEqual(['first', 'deadline-exceeded', 'deadline-exceeded']);
    expect(replicas.batches).toEqual([['first'], ['b', 'hang']]);
  });
});

describe('a result that makes no sense', () => {
  const corruptions: [string, (right: BatchResultLike) => unknown][] = [
    ['of too few items', ({ items, ...rest }) => ({ ...rest, items: items.slice(1) })],
    ['of too many items', ({ items, ...rest }) => ({ ...rest, items: [...items, items[0]] })],
    ['without outputs', right => spoil(right, outputs => outputs.slice(1))],
    ['with an output that is no tensor', right => spoil(right, () => ['plain'])],
    [
      'with another datatype',
      right => spoil(right, () => [{ datatype: 'FP32', shape: [1], data: Float32Array.of(1) }]),
    ],
    [
      'with another shape',
      right =>
        spoil(right, ([first]) => [
          { ...(first as object), shape: [2], data: [new Uint8Array(1), new Uint8Array(1)] },
        ]),
    ],
    ['with too little data', right => spoil(right, ([first]) => [{ ...(first as object), data: [] }])],
    [
      'in memory that was not sent',
      ({ items, ...rest }) => ({ ...rest, items: items.map(item => ({ ...item, blocks: [3] })) }),
    ],
    ['without times', right => ({ ...right, times: [] })],
    ['that is empty', () => ({})],
  ];

  it.each(corruptions)(
    '%s costs the worker its place, and the batch is run elsewhere',
    async (_, corrupt) => {
      const { engine, ask, replicas } = await start(of(0, corrupt as never));
      expect(await ask('x')).toEqual(['x']);
      expect(replicas.killed).toEqual([0]);
      expect(isAtRest(engine)).toBe(true);
    },
  );
});

interface BatchResultLike {
  items: readonly { outputs: readonly unknown[]; blocks: readonly number[] }[];
}

/** The result with other outputs in each item. */
function spoil(right: BatchResultLike, other: (outputs: readonly unknown[]) => unknown[]): unknown {
  return { ...right, items: right.items.map(item => ({ ...item, outputs: other(item.outputs) })) };
}

describe('a worker that takes more memory than it may', () => {
  const leaking: Faults = {
    run: number => (number === 0 ? right => ({ ...right, memory: 1001 }) : undefined),
  };

  it('goes once another has taken its place, and loses no query', async () => {
    const { engine, ask, clock, replicas } = await start(leaking);
    expect(await ask('a', 'b', 'c')).toEqual(['a', 'b', 'c']);
    await clock.advanceTo(1000);
    expect(replicas.started).toHaveLength(2);
    expect(replicas.killed).toEqual([]);
    expect(await ask('d')).toEqual(['d']);
    expect(engine.status().groups[0]!.pools).toMatchObject([{ idle: 1, busy: 0 }]);
  });

  it('works on as long as none can take its place', async () => {
    const { ask, clock } = await start({
      ...leaking,
      start: number => (number === 1 ? new Error('no room') : undefined),
    });
    expect(await ask('a')).toEqual(['a']);
    expect(await ask('b')).toEqual(['b']);
    await clock.advanceTo(1000);
    expect(await ask('c')).toEqual(['c']);
  });
});

describe('a replacement', () => {
  it('comes at once after a healthy life', async () => {
    const { ask, clock, replicas } = await start(of(0, 'lost'));
    await clock.advanceTo(2000);
    expect(await ask('x')).toEqual(['x']);
    expect(replicas.started).toEqual([0, 2000]);
  });

  it('comes for one that ended while it was idle', async () => {
    const { engine, ask, clock, replicas } = await start({});
    await clock.advanceTo(5000);
    replicas.end(0, 'signal SIGKILL');
    await clock.advanceTo(5000);
    expect(replicas.started).toEqual([0, 5000]);
    expect(engine.status().groups[0]!.pools).toMatchObject([{ idle: 1 }]);
    expect(await ask('x')).toEqual(['x']);
  });

  it('comes ever later where workers end soon or do not start, up to a limit', async () => {
    const { clock, replicas } = await start({
      start: number => (number > 0 ? new Error('no room') : undefined),
    });
    replicas.end(0, 'exit code 1');
    await clock.advanceTo(200_000);
    const waits = replicas.started.slice(1).map((time, index) => time - replicas.started[index]!);
    expect(waits.slice(0, 10)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
    expect(waits.at(-1)).toBe(30_000);
  });

  it('is not waited for long where workers did what they were given before they ended', async () => {
    const { ask, clock, replicas } = await start({});
    const waits: number[] = [];
    for (let lost = 0; lost < 7; lost++) {
      expect(await ask('x')).toEqual(['x']);
      const from = clock.now();
      replicas.end(lost, 'signal SIGKILL');
      await clock.advanceTo(from + 1000);
      waits.push(replicas.started.at(-1)! - from);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it('waits its time although others work', async () => {
    const faults: Faults = { start: number => (number > 1 ? new Error('no room') : undefined) };
    const { ask, clock, replicas } = await start(faults, { replicas: 2 });
    expect(await ask('a', 'b')).toEqual(['a', 'b']);
    replicas.end(1, 'exit code 1');
    const from = clock.now();
    while (clock.now() < from + 1000) expect(await ask('x')).toEqual(['x']);
    expect(replicas.started.slice(2).map(time => time - from)).toEqual([100, 300, 700]);
  });

  it('waits no longer once one of those that were lost works again', async () => {
    const { engine, ask, clock, replicas } = await start({}, { replicas: 3 });
    for (const replica of [0, 1, 2]) replicas.end(replica, 'exit code 1');
    await clock.advanceTo(100);
    expect(replicas.started.slice(3)).toEqual([100]);
    expect(await ask('x')).toEqual(['x']);
    expect(replicas.started.slice(3)).toEqual([100, 110, 110]);
    expect(engine.status().groups[0]!.pools).toMatchObject([{ idle: 3 }]);
  });

  it('does not come for a replica that a change of plan has done away with', async () => {
    const { engine, clock, replicas } = await start({}, { replicas: 2 });
    replicas.end(1, 'exit code 1');
    await clock.until(engine.apply(deploymentOf(engine.pipeline, { replicas: 1 })));
    await clock.advanceTo(10_000);
    expect(replicas.started).toHaveLength(2);
    expect(engine.status().groups[0]!.pools).toMatchObject([{ idle: 1, busy: 0 }]);
  });

  it('that is being started when the engine closes is ended', async () => {
    const { engine, clock, replicas } = await start({});
    await clock.advanceTo(5000);
    replicas.end(0, 'exit code 1');
    await clock.until(engine.close());
    expect(clock.pending).toBe(0);
  });
});

describe('a group whose workers keep ending', () => {
  /** Every worker before `good` loses its batch. */
  const crashing = (good: number): Faults => ({ run: number => (number < good ? 'lost' : undefined) });

  it('refuses queries at once, says why, and takes them again once one came back', async () => {
    const { engine, clock, ask } = await start(crashing(5));
    // Each of these ends two workers; with the fifth there are too many.
    expect(await ask('a', 'b')).toEqual(['stage-failed', 'stage-failed']);
    const third = ask('c');
    expect(await third).toEqual(['unavailable']);
    expect(engine.status().groups[0]!.trouble).toBe(
      'stage "a": its workers ended 5 times within 30 s (exit code 134); trying again in 2 s',
    );
    await expect(engine.infer({ text: 'd' })).rejects.toMatchObject({ code: 'unavailable', stage: 'a' });
    await clock.advanceTo(clock.now() + 2000);
    expect(engine.status().groups[0]!.trouble).toBeNull();
    expect(await ask('e', 'f')).toEqual(['e', 'f']);
    expect(isAtRest(engine)).toBe(true);
  });

  it('refuses again when the one it is tried with ends its worker too', async () => {
    const { engine, clock, ask } = await start(crashing(7));
    await ask('a', 'b', 'c');
    await clock.advanceTo(clock.now() + 2000);
    expect(await ask('d', 'e')).toEqual(['unavailable', 'unavailable']);
    expect(engine.status().groups[0]!.trouble).toMatch(/ended 6 times .* trying again in 4 s/);
    expect(isAtRest(engine)).toBe(true);
  });

  it('tries with one item at a time', async () => {
    const { clock, ask, replicas } = await start(crashing(5), { batch: 4 });
    await ask('a', 'b', 'c');
    await clock.advanceTo(clock.now() + 30_000);
    const before = replicas.batches.length;
    expect(await ask('d', 'e', 'f')).toEqual(['d', 'e', 'f']);
    expect(replicas.batches.slice(before)).toEqual([['d'], ['e', 'f']]);
  });

  it('goes on as long as a worker is left', async () => {
    const { engine, ask } = await start(on('poison', 'lost'), { replicas: 3 });
    for (let i = 0; i < 4; i++) expect(await ask('poison', 'x')).toEqual(['stage-failed', 'x']);
    expect(engine.status().groups[0]!.trouble).toBeNull();
  });

  it('refuses when the last worker is gone and none can be started', async () => {
    const { engine, clock, ask, replicas } = await start({
      start: number => (number === 1 ? new Error('no room') : undefined),
    });
    await clock.advanceTo(5000);
    replicas.end(0, 'exit code 1');
    await clock.advanceTo(5000);
    expect(engine.status().groups[0]!.trouble).toBe(
      'stage "a": no worker is left and none could be started; trying again in 100 ms',
    );
    expect(await ask('x')).toEqual(['unavailable']);
    await clock.advanceTo(5100);
    expect(await ask('y')).toEqual(['y']);
  });

  it('takes no query with it that does not pass it', async () => {
    const stages = `${stage()}
  b: { operator: emulate, inputs: { in: inputs.text }, when: inputs.text == "both", params: { latency: { 1: 1 ms } } }`;
    const pipeline = await pipelineOf(stages, '{ out: a.out, more: b.out }');
    const clock = new VirtualClock();
    const isB = (spec: { stages: readonly { name: string }[] }) => spec.stages[0]!.name === 'b';
    const replicas: FaultyReplicas = new FaultyReplicas(clock, {
      start: number => (number > 1 && isB(replicas.specs[number]!) ? new Error('no room') : undefined),
      run: (number, [text]) => (text === 'both' && isB(replicas.specs[number]!) ? 'lost' : undefined),
    });
    const engine = await Engine.start(pipeline, { clock, replicas, deployment: deploymentOf(pipeline) });
    const outcome = (text: string) =>
      engine.infer({ text }).then(
        () => 'answered',
        (error: MillraceError) => error.code,
      );
    expect(await clock.until(outcome('both'))).toBe('unavailable');
    expect(await clock.until(outcome('one'))).toBe('answered');
    expect(await clock.until(outcome('both'))).toBe('unavailable');
    await clock.advanceTo(clock.now() + 100);
    expect(isAtRest(engine)).toBe(true);
  });
});
