import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytes,
  float,
  tensor,
  text,
  textOf,
  zeros,
  type BytesTensor,
  type Value,
} from '../../../operators/index.ts';
import { operator } from '../../../operators/json/assemble.ts';
import { start } from '../start.ts';

const assemble = async (inputs: Record<string, Value>, params = {}) => {
  const { run } = await start(operator, params);
  return textOf((await run(inputs))['json'] as BytesTensor);
};
const longs = (...values: bigint[]) => tensor('INT64', [values.length], BigInt64Array.from(values));

test('writes one member for each input, single elements bare', async () => {
  const json = await assemble({
    text: text('Grüße, "you"\n'),
    score: float(0.98),
    box: tensor('FP32', [2, 2], Float32Array.of(1, 2.5, 3, 4)),
    flags: [tensor('BOOL', [1], Uint8Array.of(1)), tensor('BOOL', [1], Uint8Array.of(0))],
    none: [],
    empty: zeros('INT8', [0]),
  });
  expect(json).toBe(
    '{"text":"Grüße, \\"you\\"\\n","score":0.98,"box":[[1,2.5],[3,4]],"flags":[true,false],"none":[],"empty":[]}',
  );
});

test('keeps every digit of large integers', async () => {
  const json = await assemble({ id: longs(9007199254740993n, -9223372036854775808n) });
  expect(json).toBe('{"id":[9007199254740993,-9223372036854775808]}');
});

test('writes null for what is not a number', async () => {
  const json = await assemble({ x: tensor('FP64', [3], Float64Array.of(NaN, -Infinity, 0.1)) });
  expect(json).toBe('{"x":[null,null,0.1]}');
});

test('reads half floats', async () => {
  expect(await assemble({ x: tensor('FP16', [2], Uint16Array.of(0x3555, 0xfc00)) })).toBe(
    '{"x":[0.33325,null]}',
  );
});

test('comes back from a JSON parser as it was', async () => {
  const values = fc.record({
    names: fc.array(fc.string({ unit: 'binary' }), { minLength: 2 }),
    numbers: fc.array(fc.integer(), { minLength: 2 }),
    fractions: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2 }),
    key: fc.string({ minLength: 1 }).filter(key => key !== '__proto__'),
  });
  await fc.assert(
    fc.asyncProperty(values, async ({ names, numbers, fractions, key }) => {
      const json = await assemble({
        [key]: bytes(names.map(name => new TextEncoder().encode(name))),
        [`${key}2`]: tensor('INT32', [numbers.length], Int32Array.from(numbers)),
        [`${key}3`]: tensor('FP64', [fractions.length], Float64Array.from(fractions)),
      });
      const parsed = JSON.parse(json) as Record<string, unknown>;
      expect(parsed[key]).toEqual(names);
      expect(parsed[`${key}2`]).toEqual(numbers);
      expect(parsed[`${key}3`]).toEqual(fractions.map(value => value + 0));
    }),
    { numRuns: 100 },
  );
});

test('makes rows of lists, in the order asked for', async () => {
  const inputs = { order: longs(1n, 0n), text: [text('a'), text('b')], score: [float(0.5), float(1)] };
  expect(await assemble(inputs, { as: 'rows', order: 'order' })).toBe(
    '[{"text":"b","score":1},{"text":"a","score":0.5}]',
  );
  expect(await assemble({ text: inputs.text }, { as: 'rows' })).toBe('[{"text":"a"},{"text":"b"}]');
});

test('makes no rows of empty lists', async () => {
  expect(await assemble({ order: longs(), text: [], score: [] }, { as: 'rows', order: 'order' })).toBe('[]');
});

test.each([
  [
    'lists of unlike length',
    { a: [float(1)], b: [] },
    'rows need lists of one length, but there are "a" 1, "b" 0',
  ],
  ['an input that is no list', { a: float(1) }, 'rows are made of lists, but "a" is FP32 [1]'],
  [
    'an order of other rows',
    { order: longs(1n), a: [float(1)] },
    '"order" does not name each of the 1 rows once',
  ],
  ['an order that repeats', { order: longs(0n, 0n), a: [float(1), float(2)] }, '"order" does not name'],
])('refuses %s', async (_name, inputs, message) => {
  const { refusal } = await start(operator, { as: 'rows', ...('order' in inputs && { order: 'order' }) });
  expect(await refusal(inputs)).toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining(message),
  });
});

test('takes an order for rows only', async () => {
  await expect(start(operator, { order: 'order' })).rejects.toMatchObject({ code: 'invalid-pipeline' });
});
