import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../planner/index.ts';
import type { EngineOptions } from '../../engine/index.ts';
import type { MillraceError } from '../../operators/index.ts';
import { pipelineOf, startVirtual } from '../support/virtual-engine.ts';

const stage = (name: string, latency: string, from = 'inputs.text') =>
  `  ${name}: { operator: emulate, inputs: { in: ${from} }, params: { latency: ${latency} } }`;
const one = () => pipelineOf(stage('a', '{ 1: 100 ms }'), '{ out: a.out }');

/** Two stages of 100 ms each, and a profile that says so. */
const twoProfiled = async (options: EngineOptions = {}) => {
  const stages = [stage('a', '{ 1: 100 ms }'), stage('b', '{ 1: 100 ms }', 'a.out')];
  const forecast: Forecast = {
    leastOf: () => 100,
    timeOf: (names, _, items) => names.length * items * 100,
    scaleOf: () => 1,
    isCertain: () => true,
  };
  return startVirtual(await pipelineOf(stages.join('\n'), '{ out: b.out }'), { forecast, ...options });
};

/** When a query was over, and how: its latency, or the code and message of its error. */
async function end(clock: { now(): number }, query: Promise<unknown>): Promise<[number, string]> {
  try {
    await query;
    return [clock.now(), 'answered'];
  } catch (error) {
    const { code, message } = error as MillraceError;
    return [clock.now(), `${code}: ${message}`];
  }
}

describe('a deadline', () => {
  it('that has passed is told at once', async () => {
    const { engine, clock } = await startVirtual(await one());
    for (const timeout of [0, -5]) {
      const [time, how] = await end(clock, engine.infer({ text: 'x' }, { timeout }));
      expect([time, how.split(':')[0]]).toEqual([0, 'deadline-exceeded']);
    }
  });

  it('farther away than a timer reaches is no deadline', async () => {
    const { engine, clock } = await startVirtual(await one());
    const query = engine.infer({ text: 'x' }, { timeout: Infinity });
    expect((await clock.until(query)).latency).toBe(100);
    expect(clock.pending).toBe(1);
  });

  it('that has passed lets no item of a batch be started', async () => {
    const pipeline = await pipelineOf(stage('a', '{ 1: 100 ms, 4: 100 ms }'), '{ out: a.out }');
    const seen: number[] = [];
    const events = { batchDone: ({ items }: { items: number }) => void seen.push(items) };
    const { engine, clock } = await startVirtual(pipeline, { batch: 4, events });
    const queries = [
      engine.infer({ text: 'runs' }),
      engine.infer({ text: 'late' }, { timeout: 100 }),
      engine.infer({ text: 'urgent' }, { priority: 1 }),
    ];
    const ends = await clock.until(Promise.all(queries.map(query => end(clock, query))));
    expect(ends.map(([time, how]) => [time, how.split(':')[0]])).toEqual([
      [100, 'answered'],
      [100, 'deadline-exceeded'],
      [200, 'answered'],
    ]);
    expect(seen).toEqual([1, 1]);
  });

  it('that ends a query lets others have the replica that was held back for its sake', async () => {
    const pipeline = await pipelineOf(stage('a', '{ 1: 20 ms }'), '{ out: a.out }');
    const forecast: Forecast = {
      leastOf: () => 0,
      timeOf: (_, hardware) => (hardware === 'fast' ? 20 : 50),
      scaleOf: () => 1,
      isCertain: () => false,
    };
    const pool = { device: 'cpu', threads: 1, batch: 1, replicas: 1, maxWait: 0 } as const;
    const pools = [
      { ...pool, hardware: 'fast' },
      { ...pool, hardware: 'slow' },
    ];
    const deployment = [{ name: 'a', stages: ['a'], pools }];
    const { engine, clock } = await startVirtual(pipeline, { forecast, deployment });
    const cancel = new AbortController();
    const runs = engine.infer({ text: 'runs' });
    const urgent = end(clock, engine.infer({ text: 'urgent' }, { timeout: 40, signal: cancel.signal }));
    const patient = engine.infer({ text: 'patient' });
    await clock.advanceTo(5);
    expect(engine.status()).toMatchObject({ groups: [{ waiting: 2, pools: [{ busy: 1 }, { idle: 1 }] }] });
    cancel.abort();
    expect(await clock.until(Promise.all([urgent, patient.then(({ latency }) => latency)]))).toEqual([
      [5, 'cancelled: the query was cancelled'],
      25,
    ]);
    await clock.until(runs);
  });
});

describe('the door', () => {
  it('counts no items of a list that will not be made', async () => {
    const lines = [
      '  first: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 1 ms }, emit: { code: { en: 1 } } } }',
      '  list: { when: first.code == "de", operator: emulate, inputs: { in: first.out }, params: { latency: { 1: 1 ms }, items: { mean: 9 } } }',
      '  read: { each: list.items, operator: emulate, inputs: { in: item }, params: { latency: { 1: 50 ms } } }',
      stage('slow', '{ 1: 300 ms }', 'first.out'),
    ];
    const forecast: Forecast = {
      leastOf: () => 1,
      timeOf: ([name], _, items) => items * ({ read: 50, slow: 300 }[name!] ?? 1),
      scaleOf: name => (name === 'read' ? 9 : 1),
      isCertain: () => false,
    };
    const pipeline = await pipelineOf(lines.join('\n'), '{ out: slow.out, lines: read.out }');
    const { engine, clock } = await startVirtual(pipeline, { forecast, pool: { replicas: 2 } });
    const first = engine.infer({ text: 'x' });
    await clock.advanceTo(10);
    // Nine items of 50 ms each are before it if the first query is thought to bring them.
    const second = engine.infer({ text: 'x' }, { timeout: 600 });
    expect((await clock.until(Promise.all([first, second]))).map(({ latency }) => latency)).toEqual([
      301, 301,
    ]);
  });

  it('counts only what comes before a query of its priority', async () => {
    const { engine, clock } = await twoProfiled();
    const taken = ['1', '2', '3', '4', '5'].map(text => engine.infer({ text }));
    const urgent = end(clock, engine.infer({ text: 'x' }, { timeout: 450, priority: 1 }));
    expect((await end(clock, engine.infer({ text: 'x' }, { timeout: 450 })))[1]).toContain('overloaded');
    expect(await clock.until(urgent)).toEqual([300, 'answered']);
    await clock.until(Promise.all(taken));
  });
});
