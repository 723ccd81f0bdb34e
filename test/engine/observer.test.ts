import { describe, expect, it } from 'vitest';
import { text } from '../../operators/index.ts';
import type { StageRun } from '../../engine/index.ts';
import { isAtRest, pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';

const twoStages = () =>
  pipelineOf(
    `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms, 8: 10 ms }, emit: { code: { en: 1 } } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 5 ms, 8: 5 ms } } }`,
    '{ out: b.out }',
  );

describe('an observer', () => {
  it('is told of each stage as it is done, with its place in time', async () => {
    const { engine, clock } = await startVirtual(await twoStages());
    const runs: StageRun[] = [];
    await clock.until(engine.infer({ text: text('x') }, { observer: { ran: run => runs.push(run) } }));
    expect(
      runs.map(({ stage, index, queued, started, service, batch }) => [
        stage,
        index,
        queued,
        started,
        service,
        batch,
      ]),
    ).toEqual([
      ['a', undefined, 0, 0, 10, 1],
      ['b', undefined, 10, 10, 5, 1],
    ]);
  });

  it('is given every output where partial results are asked for, of stages that share a replica too', async () => {
    const { engine, clock } = await startVirtual(await twoStages(), { groups: [['a', 'b']] });
    const outputsOf = async (partial: boolean) => {
      const runs: StageRun[] = [];
      await clock.until(
        engine.infer({ text: text('x') }, { partial, observer: { ran: run => runs.push(run) } }),
      );
      return runs.map(({ stage, started, outputs }) => [
        stage,
        started % 15,
        Object.fromEntries(Object.entries(outputs).map(([port, value]) => [port, textsOf(value)])),
      ]);
    };
    expect(await outputsOf(false)).toEqual([
      ['a', 0, {}],
      ['b', 10, { out: 'x' }],
    ]);
    expect(await outputsOf(true)).toEqual([
      ['a', 0, { out: 'x', code: 'en' }],
      ['b', 10, { out: 'x' }],
    ]);
  });

  it('is told the place of each item of a fan-out', async () => {
    const pipeline = await pipelineOf(
      `  split: { operator: ./operators.mjs#split, inputs: { text: inputs.text } }
  each: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 1 ms } } }`,
      '{ out: each.out }',
    );
    const { engine, clock } = await startVirtual(pipeline);
    const runs: StageRun[] = [];
    await clock.until(engine.infer({ text: text('a,b,c') }, { observer: { ran: run => runs.push(run) } }));
    expect(runs.map(({ stage, index }) => [stage, index])).toEqual([
      ['split', undefined],
      ['each', 0],
      ['each', 1],
      ['each', 2],
    ]);
  });
});

describe('a time limit of a query', () => {
  it('is answered at its moment, and what the query had is freed', async () => {
    const { engine, clock } = await startVirtual(await twoStages());
    const late = engine.infer({ text: text('x') }, { timeout: 12 }).catch((error: unknown) => error);
    await clock.advanceTo(12);
    expect(await late).toMatchObject({ code: 'deadline-exceeded' });
    await clock.advanceTo(20);
    expect(isAtRest(engine)).toBe(true);
  });

  it('of nothing is refused at once', async () => {
    const { engine } = await startVirtual(await twoStages());
    await expect(engine.infer({ text: text('x') }, { timeout: 0 })).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
  });
});

describe('engine events', () => {
  it('tell of each stage that a batch passed, and how long its items had waited', async () => {
    const stages: unknown[] = [];
    const { engine, clock } = await startVirtual(await twoStages(), {
      batch: 8,
      groups: [['a', 'b']],
      events: { stageDone: batch => stages.push(batch) },
    });
    await clock.until(Promise.all([1, 2, 3].map(n => engine.infer({ text: text(String(n)) }))));
    expect(stages).toEqual([
      { stage: 'a', hardware: 'cpu', service: 10, waited: [0] },
      { stage: 'b', hardware: 'cpu', service: 5, waited: [0] },
      { stage: 'a', hardware: 'cpu', service: 10, waited: [15, 15] },
      { stage: 'b', hardware: 'cpu', service: 5, waited: [0, 0] },
    ]);
  });

  it('tell of every query that comes, and of those that are answered', async () => {
    const [arrived, answered]: [number[], unknown[]] = [[], []];
    const { engine, clock } = await startVirtual(await twoStages(), {
      deadline: 12,
      events: {
        arrived: now => arrived.push(now),
        answered: stages => answered.push(stages.map(({ items }) => items)),
      },
    });
    await clock.until(engine.infer({ text: text('x') }, { timeout: 100 }));
    await clock.until(engine.infer({ text: text('y') }).catch(() => {}));
    await clock.until(engine.infer({ nonsense: text('z') }).catch(() => {}));
    expect(arrived).toEqual([0, 15, expect.any(Number)]);
    expect(answered).toEqual([[1, 1]]);
  });

  it('tell of batches', async () => {
    const batches: unknown[] = [];
    const { engine, clock } = await startVirtual(await twoStages(), {
      batch: 8,
      groups: [['a', 'b']],
      events: { batchDone: batch => batches.push(batch) },
    });
    await clock.until(Promise.all([1, 2, 3].map(n => engine.infer({ text: text(String(n)) }))));
    expect(batches).toEqual([
      { group: 'a+b', hardware: 'cpu', items: 1 },
      { group: 'a+b', hardware: 'cpu', items: 2 },
    ]);
  });
});
