import { describe, expect, it } from 'vitest';
import { float, type NumericTensor } from '../../operators/index.ts';
import { isAtRest, pipelineOf, startVirtual } from '../support/virtual-engine.ts';

describe('state', () => {
  const summing = () =>
    pipelineOf(
      '  a: { operator: ./operators.mjs#sum, inputs: { value: inputs.text }, state: { sum: sum } }',
      '{ out: a.sum }',
      '{ datatype: FP32, shape: [1] }',
    );
  const value = (result: { outputs: Record<string, unknown> }) =>
    (result.outputs['out'] as NumericTensor).data[0];

  it('is carried from query to query of a sequence, in order, never two in a batch', async () => {
    const { engine, clock } = await startVirtual(await summing(), { batch: 8, pool: { replicas: 2 } });
    const sequence = { id: 's' };
    const queries = [1, 2, 3].map(n => engine.infer({ text: float(n) }, { sequence }));
    queries.push(engine.infer({ text: float(4) }, { sequence: { id: 's', end: true } }));
    queries.push(engine.infer({ text: float(5) }, { sequence: { id: 'other' } }));
    queries.push(engine.infer({ text: float(6) }));
    const results = await clock.until(Promise.all(queries));
    // The operator is told of the last query of a sequence by `last`, and a query without one is its own last.
    expect(results.map(value)).toEqual([1, 3, 6, -10, 5, -6]);
    expect(engine.status().sequences).toBe(1);
    expect(value(await clock.until(engine.infer({ text: float(1) }, { sequence })))).toBe(1);
  });

  it('of two stages of one group is carried along in one go', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: ./operators.mjs#sum, inputs: { value: inputs.text }, state: { sum: sum } }
  b: { operator: ./operators.mjs#sum, inputs: { value: a.sum }, state: { sum: sum } }`,
      '{ out: b.sum }',
      '{ datatype: FP32, shape: [1] }',
    );
    const { engine, clock } = await startVirtual(pipeline, { batch: 8, groups: [['a', 'b']] });
    const sequence = { id: 's' };
    const queries = [1, 2, 3].map(n => engine.infer({ text: float(n) }, { sequence }));
    queries.push(engine.infer({ text: float(5) }, { sequence: { id: 'other' } }));
    const results = await clock.until(Promise.all(queries));
    expect(results.map(value)).toEqual([1, 1 + 3, 1 + 3 + 6, 5]);
    // One batch each: the second stage of a query was never queued.
    expect(results.map(({ stages }) => stages[1]!.queue)).toEqual([0, 0, 0, 0]);
    expect(isAtRest(engine)).toBe(true);
  });

  it('begins anew behind the last query, be that still on its way', async () => {
    const { engine, clock } = await startVirtual(await summing());
    const ends = [false, true, false, true];
    const queries = ends.map(end => engine.infer({ text: float(1) }, { sequence: { id: 's', end } }));
    expect((await clock.until(Promise.all(queries))).map(value)).toEqual([1, -2, 1, -2]);
    expect(engine.status().sequences).toBe(0);
  });

  it('is kept for whoever sees to its end, and counts', async () => {
    const limits = { sequences: 1, sequenceIdle: 1000 };
    const { engine, clock } = await startVirtual(await summing(), { limits });
    const sequence = { id: 's', kept: true };
    await clock.until(engine.infer({ text: float(1) }, { sequence }));
    await clock.advanceTo(2000);
    expect(value(await clock.until(engine.infer({ text: float(2) }, { sequence })))).toBe(3);
    await expect(engine.infer({ text: float(1) }, { sequence: { id: 'b' } })).rejects.toMatchObject({
      code: 'overloaded',
    });
    engine.endSequence('s');
    expect(engine.status().sequences).toBe(0);
  });

  it('ends with the query that failed, until the sequence is started anew', async () => {
    const { engine, clock } = await startVirtual(await summing());
    const sequence = { id: 's' };
    const queries = [1, 13, 2].map(n => engine.infer({ text: float(n) }, { sequence }));
    const codes = (await clock.until(Promise.allSettled(queries))).map(({ status }) => status);
    expect(codes).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(engine.infer({ text: float(1) }, { sequence })).rejects.toMatchObject({
      code: 'stage-failed',
    });
    const anew = await clock.until(engine.infer({ text: float(7) }, { sequence: { id: 's', start: true } }));
    expect(value(anew)).toBe(7);
    expect(isAtRest(engine)).toBe(true);
  });

  it('of the queries before one that failed or was cancelled is not lost', async () => {
    const { engine, clock } = await startVirtual(await summing());
    const sequence = { id: 's' };
    const cancel = new AbortController();
    const options = [{ sequence }, { sequence, signal: cancel.signal }, { sequence }];
    const queries = options.map((each, n) => engine.infer({ text: float(n + 1) }, each));
    cancel.abort();
    const settled = await clock.until(Promise.allSettled(queries));
    expect(settled.map(each => (each.status === 'fulfilled' ? value(each.value) : each.reason.code))).toEqual(
      [1, 'cancelled', 'stage-failed'],
    );
    expect(isAtRest(engine)).toBe(true);
  });

  it('is forgotten after a while, and bounded', async () => {
    const limits = { sequences: 1, sequenceIdle: 1000 };
    const { engine, clock } = await startVirtual(await summing(), { limits });
    await clock.until(engine.infer({ text: float(1) }, { sequence: { id: 'a' } }));
    await expect(engine.infer({ text: float(1) }, { sequence: { id: 'b' } })).rejects.toMatchObject({
      code: 'overloaded',
    });
    await clock.advanceTo(2000);
    expect(engine.status().sequences).toBe(0);
  });

  it('is forgotten when its end is told, without a word to its queries in flight', async () => {
    const { engine, clock } = await startVirtual(await summing());
    const sequence = { id: 's' };
    const first = engine.infer({ text: float(1) }, { sequence });
    engine.endSequence('s');
    engine.endSequence('no such one');
    const second = engine.infer({ text: float(2) }, { sequence });
    expect((await clock.until(Promise.all([first, second]))).map(value)).toEqual([1, 2]);
  });

  it('is carried from item to item of one query', async () => {
    const pipeline = await pipelineOf(
      `  count: { operator: ./operators.mjs#numbers, inputs: { n: inputs.text } }
  a: { each: count.list, operator: ./operators.mjs#sum, inputs: { value: item }, state: { sum: sum } }`,
      '{ out: a.sum }',
      '{ datatype: FP32, shape: [1] }',
    );
    const { engine, clock } = await startVirtual(pipeline, { batch: 8, pool: { replicas: 2 } });
    const results = await clock.until(Promise.all([4, 3, 0].map(n => engine.infer({ text: float(n) }))));
    const sums = results.map(({ outputs }) => (outputs['out'] as NumericTensor[]).map(({ data }) => data[0]));
    expect(sums).toEqual([[1, 3, 6, -10], [1, 3, -6], []]);
    expect(isAtRest(engine)).toBe(true);
  });
});
