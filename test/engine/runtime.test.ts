import { describe, expect, it } from 'vitest';
import { Engine, type Replica, type ReplicaFactory } from '../../engine/index.ts';
import { float, text, type MillraceError } from '../../operators/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { deploymentOf, isAtRest, pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';

const emulate = (name: string, latency = '{ 1: 10 ms, 4: 16 ms }', from = 'inputs.text') =>
  `  ${name}: { operator: emulate, inputs: { in: ${from} }, params: { latency: ${latency} } }`;
const user = (name: string, operator: string, more = '') =>
  `  ${name}: { operator: ./operators.mjs#${operator}, inputs: { in: inputs.text }${more} }`;

/** Codes of those that failed, texts of those that were answered. */
async function outcomes(
  queries: readonly Promise<{ outputs: Record<string, unknown> }>[],
): Promise<unknown[]> {
  const settled = await Promise.allSettled(queries);
  return settled.map(result =>
    result.status === 'fulfilled'
      ? textsOf(result.value.outputs['out'] as never)
      : (result.reason as MillraceError).code,
  );
}

describe('batches', () => {
  it('take what waits when a replica becomes idle, up to the pool’s batch', async () => {
    const { engine, clock } = await startVirtual(await pipelineOf(emulate('a'), '{ out: a.out }'), {
      batch: 4,
    });
    const results = await clock.until(
      Promise.all(['1', '2', '3', '4', '5', '6'].map(text => engine.infer({ text }))),
    );
    // The first goes alone at once, four follow together, and the last one after them.
    expect(results.map(({ latency }) => latency)).toEqual([10, 26, 26, 26, 26, 36]);
  });

  it('wait for company only where the pool says so', async () => {
    const pipeline = await pipelineOf(emulate('a'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline, { batch: 4, pool: { maxWait: 5 } });
    const lone = await clock.until(engine.infer({ text: 'x' }));
    expect(lone.latency).toBe(15);
    const four = await clock.until(Promise.all(['1', '2', '3', '4'].map(text => engine.infer({ text }))));
    expect(four.map(({ latency }) => latency)).toEqual([16, 16, 16, 16]);
  });

  it('fail only for the items to blame', async () => {
    const pipeline = await pipelineOf(user('a', 'fragile'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline, { batch: 8 });
    const queries = ['a', 'b', 'poison', 'c', 'poison', 'd'].map(text => engine.infer({ text }));
    expect(await clock.until(outcomes(queries))).toEqual([
      'a',
      'b',
      'stage-failed',
      'c',
      'stage-failed',
      'd',
    ]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('fail whole where a stage may not be run again', async () => {
    const pipeline = await pipelineOf(user('a', 'fragile', ', pure: false'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline, { batch: 8 });
    const queries = ['first', 'b', 'poison'].map(text => engine.infer({ text }));
    expect(await clock.until(outcomes(queries))).toEqual(['first', 'stage-failed', 'stage-failed']);
  });

  it('of the wrong count fail, and the next query works', async () => {
    const { engine, clock } = await startVirtual(
      await pipelineOf(user('a', 'miscounting'), '{ out: a.out }'),
    );
    await expect(clock.until(engine.infer({ text: 'x' }))).rejects.toMatchObject({
      code: 'stage-failed',
      message: 'stage "a": it gave 0 results for a batch of 1',
    });
    expect(isAtRest(engine)).toBe(true);
  });
});

describe('a stage’s time limit', () => {
  it('ends the query, and a new replica takes the next one', async () => {
    const pipeline = await pipelineOf(user('a', 'stuck', ', timeout: 2 s'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline);
    await expect(clock.until(engine.infer({ text: 'hang' }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
      stage: 'a',
      message: 'stage "a" took longer than its time limit of 2 s',
    });
    expect(clock.now()).toBe(2000);
    expect(textsOf((await clock.until(engine.infer({ text: 'fine' }))).outputs['out'])).toBe('fine');
    expect(engine.status()).toMatchObject({ queries: 0, groups: [{ pools: [{ idle: 1, busy: 0 }] }] });
  });

  it('spares those who shared a batch with the one to blame', async () => {
    const pipeline = await pipelineOf(user('a', 'stuck', ', timeout: 2 s'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline, { batch: 4 });
    const queries = ['first', 'b', 'hang', 'c'].map(text => engine.infer({ text }));
    expect(await clock.until(outcomes(queries))).toEqual(['first', 'b', 'deadline-exceeded', 'c']);
  });
});

/** Replicas that are lost with their first batch, as many as told; after them, as many as told won't start. */
function losing(clock: VirtualClock, losses: number, failures: number): ReplicaFactory {
  let started = 0;
  return {
    async start(): Promise<Replica> {
      const place = started++;
      const lost = place < losses;
      if (!lost && place < losses + failures) throw new Error('no room');
      return {
        run: async batch => {
          if (lost) throw new Error('worker exited');
          const outputs = batch.items.map(({ values }) => ({ outputs: [values[0]!], blocks: [] }));
          return { items: outputs, blocks: [], times: [clock.now()] };
        },
        retire: async () => undefined,
        abandon: () => undefined,
      };
    },
  };
}

describe('a lost replica', () => {
  const start = async (losses: number, more = '', failures = 0) => {
    const pipeline = await pipelineOf(user('a', 'echo', more), '{ out: a.out }');
    const clock = new VirtualClock();
    const engine = await Engine.start(pipeline, {
      clock,
      replicas: losing(clock, losses, failures),
      deployment: deploymentOf(pipeline),
    });
    return { engine, clock };
  };

  it('is replaced, and its batch run again', async () => {
    const { engine, clock } = await start(1);
    expect(textsOf((await clock.until(engine.infer({ text: 'x' }))).outputs['out'])).toBe('x');
    expect(isAtRest(engine)).toBe(true);
  });

  it('twice with the same query fails that query', async () => {
    const { engine, clock } = await start(2);
    await expect(clock.until(engine.infer({ text: 'x' }))).rejects.toMatchObject({ code: 'stage-failed' });
    expect(textsOf((await clock.until(engine.infer({ text: 'y' }))).outputs['out'])).toBe('y');
  });

  it('fails the query at once where the stage may not be run again', async () => {
    const { engine, clock } = await start(1, ', pure: false');
    await expect(clock.until(engine.infer({ text: 'x' }))).rejects.toMatchObject({ code: 'stage-failed' });
  });

  it('with none to take its place fails what waits and what comes, and nothing more once there is one', async () => {
    const { engine, clock } = await start(1, '', 1);
    const queries = ['x', 'y', 'z'].map(text => engine.infer({ text }));
    expect(await clock.until(outcomes(queries))).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(isAtRest(engine)).toBe(true);
    expect(await outcomes([engine.infer({ text: 'v' })])).toEqual(['unavailable']);
    await clock.advanceTo(clock.now() + 1000);
    expect(textsOf((await clock.until(engine.infer({ text: 'w' }))).outputs['out'])).toBe('w');
    expect(isAtRest(engine)).toBe(true);
  });
});

describe('the door', () => {
  const slow = () => pipelineOf(emulate('a', '{ 1: 100 ms }'), '{ out: a.out }');

  it('refuses at once what is over the limit of queries', async () => {
    const { engine, clock } = await startVirtual(await slow(), { limits: { queries: 2 } });
    const queries = ['a', 'b', 'c'].map(text => engine.infer({ text }));
    await expect(queries[2]).rejects.toMatchObject({ code: 'overloaded' });
    expect(await clock.until(outcomes(queries))).toEqual(['a', 'b', 'overloaded']);
  });

  it('refuses while a queue is full or too many bytes are held', async () => {
    const full = await startVirtual(await slow(), { limits: { queue: 1 } });
    const [, , third] = ['a', 'b', 'c'].map(text => full.engine.infer({ text }));
    await expect(third).rejects.toMatchObject({
      code: 'overloaded',
      message: '1 items wait at "a"; the limit is 1',
    });
    const heavy = await startVirtual(await slow(), { limits: { bytes: 10_000 } });
    const first = heavy.engine.infer({ text: 'x'.repeat(20_000) });
    await expect(heavy.engine.infer({ text: 'y' })).rejects.toMatchObject({ code: 'overloaded' });
    await heavy.clock.until(first);
    expect(isAtRest(heavy.engine)).toBe(true);
  });

  it.each([
    [{}, 'input "text" is missing'],
    [{ text: 'x', other: 'y' }, 'the pipeline has no input "other"; it takes "text"'],
    [{ text: float(1) }, 'input "text" is FP32 [1]; the pipeline takes BYTES'],
    [{ text: { ...text('x'), shape: [2] } }, 'input "text" is of shape [2]; the pipeline takes [1]'],
    [{ text: { ...text('x'), data: [] } }, 'input "text" has 0 elements; its shape [1] has 1'],
    [{ text: { ...text('x'), data: ['x'] } }, 'input "text" is not held in the typed array of BYTES'],
    [{ text: null }, 'input "text" is not a tensor { datatype, shape, data }'],
  ])('refuses malformed inputs: %#', async (inputs, message) => {
    const { engine } = await startVirtual(await slow());
    await expect(engine.infer(inputs as never)).rejects.toMatchObject({ code: 'invalid-input', message });
    expect(isAtRest(engine)).toBe(true);
  });

  it('lets a query be cancelled, waiting or running', async () => {
    const { engine, clock } = await startVirtual(await slow());
    const cancels = [new AbortController(), new AbortController()];
    const queries = ['runs', 'waits'].map((text, index) =>
      engine.infer({ text }, { signal: cancels[index]!.signal }),
    );
    const all = outcomes(queries);
    await clock.advanceTo(10);
    for (const cancel of cancels) cancel.abort();
    expect(await all).toEqual(['cancelled', 'cancelled']);
    expect(engine.status()).toMatchObject({ queries: 0, groups: [{ waiting: 0 }] });
    await clock.advanceTo(200);
    expect(isAtRest(engine)).toBe(true);
    await expect(engine.infer({ text: 'x' }, { signal: cancels[0]!.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('shutting down', () => {
  it('answers what was accepted and takes nothing new', async () => {
    const { engine, clock } = await startVirtual(await pipelineOf(emulate('a'), '{ out: a.out }'));
    const queries = ['a', 'b'].map(text => engine.infer({ text }));
    const closed = engine.close(1000);
    await expect(engine.infer({ text: 'late' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await clock.until(outcomes(queries))).toEqual(['a', 'b']);
    await clock.until(closed);
    expect(clock.pending).toBe(0);
  });

  it('waits for a batch whose queries have all ended: its thread can be ended only then', async () => {
    const pipeline = await pipelineOf(emulate('a', '{ 1: 100 ms }'), '{ out: a.out }');
    const { engine, clock } = await startVirtual(pipeline);
    const cancel = new AbortController();
    const query = outcomes([engine.infer({ text: 'x' }, { signal: cancel.signal })]);
    await clock.advanceTo(10);
    cancel.abort();
    expect(await query).toEqual(['cancelled']);
    await clock.until(Promise.all([engine.close(), engine.close()]));
    expect(clock.now()).toBe(100);
    expect(clock.pending).toBe(0);
  });

  it('gives up on what is not over within its limit', async () => {
    const { engine, clock } = await startVirtual(await pipelineOf(user('a', 'stuck'), '{ out: a.out }'));
    const query = outcomes([engine.infer({ text: 'hang' })]);
    await clock.until(engine.close(500));
    expect(await query).toEqual(['unavailable']);
    expect(clock.now()).toBe(500);
  });
});

describe('values asked for with show', () => {
  it('come along with the answer', async () => {
    const pipeline = await pipelineOf(
      `${emulate('a')}\n${emulate('b', '{ 1: 5 ms }', 'a.out')}`,
      '{ out: b.out }',
    );
    const { engine, clock } = await startVirtual(pipeline, { show: ['a.out'], groups: [['a', 'b']] });
    expect(textsOf((await clock.until(engine.infer({ text: 'x' }))).shown['a.out'])).toBe('x');
  });

  it('must exist', async () => {
    const pipeline = await pipelineOf(emulate('a'), '{ out: a.out }');
    await expect(startVirtual(pipeline, { show: ['a.outt'] })).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no "a.outt" to show; there are a.out',
    });
  });
});
