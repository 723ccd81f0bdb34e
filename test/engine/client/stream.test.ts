import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delayOf, type Backoff } from '../../../engine/client/backoff.ts';
import type { Answer, InferOptions, PipelineShape } from '../../../engine/client/query.ts';
import { streamAnswers, type StreamOptions } from '../../../engine/client/stream.ts';
import { MillraceError, text, textOf, type BytesTensor } from '../../../operators/index.ts';

/** A client whose queries are answered when the test says so. */
class Held {
  readonly window: number;
  readonly hasState: boolean;
  readonly asked: { text: string; options: InferOptions; answer: () => void; fail: () => void }[] = [];

  constructor(window: number, hasState = false) {
    this.window = window;
    this.hasState = hasState;
  }

  infer(inputs: PipelineShape['inputs'], options: InferOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const value = inputs['text'] as string;
      const outputs = { out: text(value) };
      const answer = () => resolve({ outputs, pipeline: 'test', version: '1', parameters: {} });
      const fail = () => reject(new MillraceError('stage-failed', value));
      options.signal?.addEventListener('abort', () => reject(new MillraceError('cancelled', value)));
      this.asked.push({ text: value, options, answer, fail });
    });
  }

  get texts(): string[] {
    return this.asked.map(({ text }) => text);
  }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** Inputs, and how many were asked for. */
function source(count: number): { pulled: number; over: boolean; inputs: AsyncGenerator<{ text: string }> } {
  const state = { pulled: 0, over: false };
  async function* inputs() {
    try {
      for (let index = 0; index < count; index++) {
        state.pulled++;
        yield { text: String(index) };
      }
    } finally {
      state.over = true;
    }
  }
  return Object.assign(state, { inputs: inputs() });
}

/** Collects a stream's answers as they come. */
function collect(client: Held, inputs: AsyncIterable<{ text: string }>, options: StreamOptions = {}) {
  const answers: string[] = [];
  const over = (async () => {
    for await (const { index, outputs } of streamAnswers(client, inputs, options))
      answers.push(`${index}:${textOf(outputs['out'] as BytesTensor)}`);
  })();
  return { answers, over };
}

describe('a stream of queries', () => {
  it('is no wider than the window, and asks its source for no more than there is room for', async () => {
    const client = new Held(2);
    const { inputs, ...rest } = source(5);
    const state = rest;
    const { over } = collect(client, inputs);
    await turn();
    expect(client.texts).toEqual(['0', '1']);
    expect(state.pulled).toBeLessThanOrEqual(2);
    for (let index = 0; index < 5; index++) {
      client.asked[index]!.answer();
      await turn();
    }
    await over;
    expect(client.texts).toEqual(['0', '1', '2', '3', '4']);
  });

  it.each([
    [true, ['0:0', '1:1', '2:2']],
    [false, ['2:2', '0:0', '1:1']],
  ])('gives answers in order %s', async (ordered, expected) => {
    const client = new Held(3);
    const { answers, over } = collect(client, source(3).inputs, { ordered });
    await turn();
    for (const index of [2, 0, 1]) {
      client.asked[index]!.answer();
      await turn();
    }
    await over;
    expect(answers).toEqual(expected);
  });

  it('ends with the first failure, and cancels the rest', async () => {
    const client = new Held(3);
    const from = source(9);
    const { answers, over } = collect(client, from.inputs);
    await turn();
    client.asked[0]!.answer();
    client.asked[1]!.fail();
    await expect(over).rejects.toMatchObject({ code: 'stage-failed', message: '1' });
    expect(answers).toEqual(['0:0']);
    await turn();
    expect(client.asked.every(({ options }) => options.signal!.aborted)).toBe(true);
  });

  it('goes on without a failure that somebody hears of', async () => {
    const client = new Held(3);
    const failures: unknown[] = [];
    const onError = (error: MillraceError, index: number) => failures.push([index, error.code]);
    const { answers, over } = collect(client, source(3).inputs, { onError });
    await turn();
    client.asked[0]!.answer();
    client.asked[1]!.fail();
    client.asked[2]!.answer();
    await over;
    expect(answers).toEqual(['0:0', '2:2']);
    expect(failures).toEqual([[1, 'stage-failed']]);
  });

  it('that is broken off cancels what is in flight and ends its source', async () => {
    const client = new Held(2);
    const inputs = source(9);
    const state = inputs;
    const stream = streamAnswers(client, inputs.inputs, {});
    const first = stream.next();
    await turn();
    client.asked[0]!.answer();
    expect((await first).value).toMatchObject({ index: 0 });
    await stream.return();
    await turn();
    expect(client.asked.every(({ options }) => options.signal!.aborted)).toBe(true);
    expect(client.asked.length).toBeLessThanOrEqual(3);
    expect(await state.inputs.next()).toEqual({ done: true, value: undefined });
  });

  it('that is cancelled from outside says so', async () => {
    const client = new Held(2);
    const stop = new AbortController();
    const { over } = collect(client, source(9).inputs, { signal: stop.signal });
    await turn();
    stop.abort();
    await expect(over).rejects.toMatchObject({ code: 'cancelled' });
    await expect(collect(client, source(1).inputs, { signal: stop.signal }).over).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('passes on what its source throws, after all answers', async () => {
    const client = new Held(2);
    async function* broken() {
      yield { text: 'a' };
      throw new RangeError('no more');
    }
    const { answers, over } = collect(client, broken());
    await turn();
    client.asked[0]!.answer();
    await expect(over).rejects.toThrow('no more');
    expect(answers).toEqual(['0:a']);
  });

  it('begins its sequence anew where there is state, and ends it with its last inputs', async () => {
    const client = new Held(9, true);
    const { over } = collect(client, source(2).inputs, { last: { text: 'end' } });
    await turn();
    expect(client.asked.map(({ text, options: { start, end } }) => [text, start, end])).toEqual([
      ['0', true, undefined],
      ['1', undefined, undefined],
      ['end', undefined, true],
    ]);
    for (const { answer } of client.asked) answer();
    await over;
  });

  it('gives each answer once, whatever order they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(), { minLength: 0, maxLength: 12 }),
        fc.boolean(),
        async (window, picks, ordered) => {
          const client = new Held(window);
          const { answers, over } = collect(client, source(picks.length).inputs, { ordered });
          const open = new Set<number>();
          let seen = 0;
          for (const pick of picks) {
            await turn();
            for (; seen < client.asked.length; seen++) open.add(seen);
            const which = [...open][pick % open.size];
            // In order, an answer that waits for another keeps its place in the window.
            if (which === undefined) break;
            open.delete(which);
            client.asked[which]!.answer();
          }
          await turn();
          for (; seen < client.asked.length; seen++) open.add(seen);
          for (let left = [...open]; left.length > 0; left = [...open]) {
            for (const index of left) client.asked[index]!.answer();
            open.clear();
            await turn();
            for (; seen < client.asked.length; seen++) open.add(seen);
          }
          await over;
          const expected = picks.map((_, index) => `${index}:${index}`);
          expect(ordered ? answers : [...answers].sort()).toEqual(ordered ? expected : expected.sort());
        },
      ),
    );
  });
});

describe('the wait before another attempt', () => {
  const backoff: Backoff = { first: 100, most: 1000, attempts: 9 };

  it('doubles up to its most, and is drawn anew each time', () => {
    expect([0, 1, 2, 3, 4, 50].map(attempt => delayOf(backoff, attempt, 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
    expect(delayOf(backoff, 1, 0.25)).toBe(50);
  });
});
