import { describe, expect, it } from 'vitest';
import type { EngineEvents, StageRun } from '../../engine/index.ts';
import type { Forecast } from '../../planner/index.ts';
import { isAtRest, pipelineOf, startVirtual } from '../support/virtual-engine.ts';

/** A chain of two stages: `a` takes 10 ms, `b` 40. */
const chain = () =>
  pipelineOf(
    `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 40 ms } } }`,
    '{ out: b.out }',
  );

const times: Readonly<Record<string, number>> = { a: 10, b: 40 };

/** What a profile of the chain says. */
const forecast: Forecast = {
  leastOf: stage => times[stage]!,
  timeOf: stages => stages.reduce((sum, stage) => sum + times[stage]!, 0),
  scaleOf: () => 1,
  isCertain: () => true,
};

/** The code that each query ends with, or `ok`, and when. */
function endings(queries: readonly Promise<unknown>[], now: () => number): Promise<string[]> {
  return Promise.all(
    queries.map(query =>
      query.then(
        () => `ok at ${now()}`,
        ({ code }: { code: string }) => `${code} at ${now()}`,
      ),
    ),
  );
}

describe('a query’s deadline', () => {
  it('ends it when it comes, though its batch runs on, and what runs on is counted', async () => {
    const wasted: [string, number][] = [];
    const events: EngineEvents = { wasted: (stage, time) => wasted.push([stage, time]) };
    const { engine, clock } = await startVirtual(await chain(), { events });
    const query = engine.infer({ text: 'x' }, { timeout: 30 });
    await expect(clock.until(query)).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: "no answer within the query's time limit of 30.0 ms",
    });
    expect(clock.now()).toBe(30);
    await clock.advanceTo(100);
    expect(wasted).toEqual([['b', 40]]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('is the engine’s unless it brings its own', async () => {
    const { engine, clock } = await startVirtual(await chain(), { deadline: 45 });
    const queries = [engine.infer({ text: 'x' }), engine.infer({ text: 'y' }, { timeout: 1000 })];
    expect(await clock.until(endings(queries, () => clock.now()))).toEqual([
      'deadline-exceeded at 45',
      'ok at 90',
    ]);
  });

  it('is not the engine’s in a sequence, which a piece left out would end', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }`,
      '{ out: a.out }',
    );
    const { engine, clock } = await startVirtual(pipeline, { deadline: 5 });
    await expect(clock.until(engine.infer({ text: 'x' }, { sequence: { id: 's' } }))).resolves.toBeDefined();
  });

  it('drops it before a stage that it can’t make', async () => {
    const ran: string[] = [];
    const observer = { ran: ({ stage }: StageRun) => void ran.push(stage) };
    const pipeline = await chain();
    // Stage `a` takes longer than it was ever seen to.
    const hopeful = { ...forecast, leastOf: (stage: string) => (stage === 'a' ? 1 : 40) };
    const { engine, clock } = await startVirtual(pipeline, { forecast: hopeful });
    const query = engine.infer({ text: 'x' }, { timeout: 45, observer });
    await expect(clock.until(query)).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'stage "b" and what follows need 40 ms, 35 ms left',
      stage: 'b',
    });
    expect(clock.now()).toBe(10);
    expect(ran).toEqual(['a']);
  });
});

describe('admission', () => {
  it('refuses at once what the stages alone take too long for, with the numbers', async () => {
    const { engine, clock } = await startVirtual(await chain(), { forecast });
    await expect(engine.infer({ text: 'x' }, { timeout: 49 })).rejects.toMatchObject({
      code: 'overloaded',
      message: 'stage "a" and what follows need 50 ms, 49 ms left',
      stage: 'a',
    });
    expect(clock.now()).toBe(0);
    expect(isAtRest(engine)).toBe(true);
  });

  it('refuses what would wait too long, naming what it would wait for', async () => {
    const { engine, clock } = await startVirtual(await chain(), { forecast, deadline: 200 });
    const outcomes: string[] = [];
    const queries = Array.from({ length: 20 }, () =>
      engine.infer({ text: 'x' }).then(
        () => outcomes.push('ok'),
        ({ message }: Error) => outcomes.push(message),
      ),
    );
    await clock.until(Promise.all(queries));
    expect(outcomes.filter(outcome => outcome === 'ok')).toHaveLength(4);
    expect(outcomes[0]).toMatch(
      /^group "b" has \d+ ms of work before this query, which has 200 ms left and needs 50 ms itself; try again in \d+ ms$/,
    );
    expect(isAtRest(engine)).toBe(true);
  });

  it('takes what finds the engine idle, whatever became of those before', async () => {
    const { engine, clock } = await startVirtual(await chain(), { deadline: 45 });
    for (let i = 0; i < 5; i++)
      await expect(clock.until(engine.infer({ text: 'x' }))).rejects.toMatchObject({
        code: 'deadline-exceeded',
      });
    await clock.advanceTo(clock.now() + 100);
    await expect(clock.until(engine.infer({ text: 'x' }, { timeout: 60 }))).resolves.toBeDefined();
  });

  it('refuses a priority that there is not', async () => {
    const { engine } = await startVirtual(await chain());
    for (const priority of [0, 10, 1.5, NaN])
      await expect(engine.infer({ text: 'x' }, { priority })).rejects.toMatchObject({
        code: 'invalid-input',
        message: 'a priority is 1 (the highest) to 9',
      });
  });
});

describe('the queue', () => {
  const single = () =>
    pipelineOf(
      '  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }',
      '{ out: a.out }',
    );

  it('serves the earliest deadline first, within a priority', async () => {
    const { engine, clock } = await startVirtual(await single());
    const order: string[] = [];
    const ask = (text: string, options: { timeout?: number; priority?: number }) =>
      engine.infer({ text }, options).then(() => order.push(text));
    const queries = [
      ask('first', {}),
      ask('none', {}),
      ask('late', { timeout: 900 }),
      ask('soon', { timeout: 500 }),
      ask('low', { timeout: 400, priority: 6 }),
      ask('high', { priority: 1 }),
    ];
    await clock.until(Promise.all(queries));
    expect(order).toEqual(['first', 'high', 'soon', 'late', 'none', 'low']);
  });

  it('lets what waits long rise, so that nothing waits forever', async () => {
    const { engine, clock } = await startVirtual(await single(), { ageing: 100 });
    let low = Infinity;
    const waiting = engine.infer({ text: 'low' }, { priority: 9 }).then(() => (low = clock.now()));
    const stream: Promise<unknown>[] = [engine.infer({ text: 'x' }, { priority: 1 })];
    for (let time = 1; time < 2000; time += 9) {
      await clock.advanceTo(time);
      stream.push(engine.infer({ text: 'x' }, { priority: 5 }));
    }
    await clock.until(Promise.all([waiting, ...stream]));
    expect(low).toBeLessThan(1000);
  });
});
