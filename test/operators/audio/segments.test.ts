import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { operator } from '../../../operators/audio/segments.ts';
import { float, tensor, textOf, type BytesTensor, type NumericTensor } from '../../../operators/index.ts';
import { start } from '../start.ts';

interface Segment {
  start: number;
  end: number;
}

interface Event {
  type: string;
  at: number;
}

/** What is found in each chunk of a stream of probabilities. */
async function found(chunks: readonly (readonly number[])[], params = {}) {
  const { run } = await start(operator, params);
  const all: { segments: Segment[]; events: Event[] }[] = [];
  let state = tensor('FP32', [0], new Float32Array(0));
  for (const [i, chunk] of chunks.entries()) {
    const outputs = await run({ probabilities: chunk.map(float), state }, { last: i === chunks.length - 1 });
    all.push({
      segments: JSON.parse(textOf(outputs['segments'] as BytesTensor)) as Segment[],
      events: JSON.parse(textOf(outputs['events'] as BytesTensor)) as Event[],
    });
    state = outputs['state'] as NumericTensor;
  }
  return all;
}

async function segments(chunks: readonly (readonly number[])[], params = {}): Promise<Segment[]> {
  return (await found(chunks, params)).flatMap(({ segments }) => segments);
}
async function events(chunks: readonly (readonly number[])[], params = {}): Promise<Event[]> {
  return (await found(chunks, params)).flatMap(({ events }) => events);
}
const repeat = (probability: number, count: number) => Array<number>(count).fill(probability);

test('gives seconds, padded by 30 ms', async () => {
  const stream = [...repeat(0, 10), ...repeat(0.9, 20), ...repeat(0, 10), ...repeat(0.9, 10)];
  expect(await segments([stream])).toEqual([
    { start: 0.29, end: 0.99 },
    { start: 1.25, end: 1.6 },
  ]);
});

test('needs no state for a whole file', async () => {
  const { run } = await start(operator);
  const { segments } = await run({ probabilities: repeat(0.9, 10).map(float) });
  expect(textOf(segments as BytesTensor)).toBe('[{"start":0,"end":0.32}]');
});

test('finds nothing in silence, nor in nothing', async () => {
  expect(await segments([repeat(0.01, 50)])).toEqual([]);
  expect(await segments([[]])).toEqual([]);
});

test('tells what is open only with the last chunk', async () => {
  const { run } = await start(operator);
  const { segments } = await run({ probabilities: repeat(0.9, 20).map(float) }, { last: false });
  expect(textOf(segments as BytesTensor)).toBe('[]');
});

test('tells of starts and ends in the chunk that makes them certain', async () => {
  const stream = [...repeat(0, 2), ...repeat(0.9, 8), ...repeat(0, 4), 0];
  const told = await found(stream.map(probability => [probability]));
  expect(told.flatMap(({ events }, chunk) => events.map(event => ({ ...event, chunk })))).toEqual([
    { type: 'start', at: 0.034, chunk: 9 },
    { type: 'end', at: 0.35, chunk: 14 },
  ]);
  expect(told.flatMap(({ segments }) => segments)).toEqual([{ start: 0.034, end: 0.35 }]);
});

test('tells of what is open with the last chunk, even if it is empty', async () => {
  const told = await found([repeat(0.9, 20), []]);
  expect(told.map(({ events }) => events)).toEqual([[{ type: 'start', at: 0 }], [{ type: 'end', at: 0.64 }]]);
});

test('gives the same segments and events however the stream is cut into chunks', async () => {
  const probability = fc.constantFrom(0, 0.2, 0.4, 0.6, 0.9, 0.9, 0.9);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(probability, { maxLength: 20 }), { minLength: 1, maxLength: 12 }),
      async chunks => {
        const params = { frame: '100 ms', pad: '25 ms', 'min-silence': '150 ms' };
        expect(await segments(chunks, params)).toEqual(await segments([chunks.flat()], params));
        expect(await events(chunks, params)).toEqual(await events([chunks.flat()], params));
      },
    ),
    { numRuns: 100 },
  );
});

test('segments neither overlap nor come out of order', async () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fc.array(probability, { maxLength: 200 }), async stream => {
      const found = await segments([stream], { pad: '500 ms', 'min-speech': '0 ms' });
      found.forEach(({ start, end }, i) => {
        expect(start).toBeLessThan(end);
        expect(start).toBeGreaterThanOrEqual(found[i - 1]?.end ?? 0);
      });
    }),
    { numRuns: 100 },
  );
});

test('refuses thresholds the wrong way round, and a foreign state', async () => {
  await expect(start(operator, { threshold: 0.3 })).rejects.toMatchObject({ code: 'invalid-pipeline' });
  const { refusal } = await start(operator);
  const state = tensor('FP32', [2], new Float32Array(2));
  expect(await refusal({ probabilities: [], state })).toMatchObject({ code: 'invalid-input' });
});
