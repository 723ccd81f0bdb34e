/** Operators that misbehave: the query that met the fault fails with a code, and no other notices. */
import { texts, type Engine, type QueryResult, type Tensor } from 'millrace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectRest, failureOf, start, startBatching } from './support/engine.ts';
import { run } from './support/millrace.ts';

const faulty = 'test/e2e/fixtures/faulty';

const faults: [string, string, RegExp][] = [
  ['throws', 'stage-failed', /^stage "work": out of paper$/],
  ['rejects', 'stage-failed', /^stage "work": out of paper$/],
  ['throws nothing', 'stage-failed', /^stage "work": /],
  ['gives too few', 'stage-failed', /0 results for a batch of 1/],
  ['gives too many', 'stage-failed', /2 results for a batch of 1/],
  ['gives nothing', 'stage-failed', /no list of results for a batch of 1/],
  ['lacks an output', 'stage-failed', /no output "batch"/],
  ['gives another datatype', 'stage-failed', /"batch" is BYTES \[1\], not the INT32/],
  ['gives another shape', 'stage-failed', /"batch" is INT32 \[2\], not of the shape \[1\]/],
  ['gives too short data', 'stage-failed', /"batch" has 0 elements, not the 1/],
  ['gives no outputs', 'stage-failed', /no output "text"/],
  ['gives no tensor', 'stage-failed', /"text" is not a tensor/],
  ['gives an error', 'stage-failed', /^stage "work": out of paper$/],
  ['never returns', 'deadline-exceeded', /time limit of 1 s/],
  ['returns late', 'deadline-exceeded', /time limit of 1 s/],
  ['exits', 'stage-failed', /lost the worker/],
  ['fails aside', 'stage-failed', /lost the worker/],
];

function answered({ outputs }: QueryResult): string {
  const text = outputs['text'] as Tensor;
  return text.datatype === 'BYTES' ? texts(text).join() : text.datatype;
}

describe('an operator', () => {
  // One for each: workers that keep ending have a group refuse what it is asked.
  let engine: Engine;
  beforeEach(async () => {
    engine = await start(faulty);
  });
  afterEach(() => engine.close());

  it.each(faults)('that %s fails its query, and the next one works', async (fault, code, message) => {
    const failure = await failureOf(engine.infer({ text: fault }));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain('\n');
    expect(answered(await engine.infer({ text: 'after' }))).toBe('after');
    await expectRest(engine);
  });
});

describe('in a batch of four, an item whose operator', () => {
  it.each(faults)('%s fails alone', async (fault, code) => {
    const engine = await startBatching(faulty, 4);
    // The first runs by itself; the others wait meanwhile and are taken together.
    const texts = ['first', 'second', 'third', fault, 'fifth'];
    const ended = await Promise.allSettled(texts.map(text => engine.infer({ text })));
    const outcomes = ended.map(end => (end.status === 'fulfilled' ? answered(end.value) : end.reason.code));
    expect(outcomes).toEqual(['first', 'second', 'third', code, 'fifth']);
    await expectRest(engine);
    await engine.close();
  });

  it('is fine has company', async () => {
    const engine = await startBatching(faulty, 4);
    const results = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(text => engine.infer({ text })));
    expect(results.map(({ outputs }) => outputs['batch']!)).toEqual(
      [1, 4, 4, 4, 4].map(count => ({ datatype: 'INT32', shape: [1], data: Int32Array.of(count) })),
    );
    await engine.close();
  });
});

describe('a query', () => {
  it('that is cancelled while it runs ends at once, and what it held is freed', async () => {
    const engine = await start(faulty);
    const controller = new AbortController();
    const cancelled = failureOf(engine.infer({ text: 'never returns' }, { signal: controller.signal }));
    controller.abort();
    expect((await cancelled).code).toBe('cancelled');
    expect(engine.status().queries).toBe(0);
    await expectRest(engine);
    expect(answered(await engine.infer({ text: 'after' }))).toBe('after');
    await engine.close();
  });

  it('is refused once the engine is closing, and one in flight is answered', async () => {
    const engine = await start(faulty);
    const inFlight = engine.infer({ text: 'last' });
    const closed = engine.close();
    expect((await failureOf(engine.infer({ text: 'too late' }))).code).toBe('unavailable');
    expect(answered(await inFlight)).toBe('last');
    await closed;
  });
});

describe('closing an engine with a batch that nobody waits for any more', () => {
  it('ends it first: a thread that ends inside ONNX Runtime takes the process with it', async () => {
    const script = 'test/e2e/fixtures/exit-after-cancel.mjs';
    const ended = { status: 0, stdout: 'cancelled\n', stderr: '' };
    for (let i = 0; i < 3; i++) expect(await run(process.execPath, [script])).toEqual(ended);
  });
});

describe('closing an engine with a worker in an endless loop', () => {
  const script = 'test/e2e/fixtures/close-while-stuck.mjs';
  const ended = { status: 0, stdout: 'started\nunavailable\nclosed\n', stderr: '' };

  it('waits for it no longer than the limit', async () => {
    expect(await run(process.execPath, [script, 'then exit'], { limit: 30_000 })).toEqual(ended);
  });

  it('lets the process end', async () => {
    expect(await run(process.execPath, [script], { limit: 15_000 })).toEqual(ended);
  });
});
