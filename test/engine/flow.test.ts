import { describe, expect, it } from 'vitest';
import { isAtRest, pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';

const operators = './operators.mjs';

async function run(stages: string, outputs: string, input: string, options = {}) {
  const { engine, clock } = await startVirtual(await pipelineOf(stages, outputs), options);
  const result = await clock.until(engine.infer({ text: input }));
  expect(isAtRest(engine)).toBe(true);
  return result;
}

describe('a query flows through the DAG', () => {
  it('takes the sum of its stages in a chain', async () => {
    const { outputs, latency, stages } = await run(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 20 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 30 ms } } }`,
      '{ text: b.out }',
      'hello',
    );
    expect(textsOf(outputs['text'])).toBe('hello');
    expect(latency).toBe(50);
    expect(stages).toEqual([
      { name: 'a', items: 1, queue: 0, service: 20 },
      { name: 'b', items: 1, queue: 0, service: 30 },
    ]);
  });

  it('runs branches side by side and joins them', async () => {
    const { latency, outputs } = await run(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 20 ms } } }
  b: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 30 ms } } }
  both: { operator: json/assemble, inputs: { a: a.out, b: b.out } }`,
      '{ json: both.json }',
      'x',
    );
    expect(latency).toBe(30);
    expect(textsOf(outputs['json'])).toBe('{"a":"x","b":"x"}');
  });

  it('takes the first fallback that has a value', async () => {
    const stages = `  long:
    when: size(inputs.text) > 3
    operator: emulate
    inputs: { in: inputs.text }
    params: { latency: { 1: 10 ms }, emit: { kind: { long: 1 } } }
  short: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 5 ms }, emit: { kind: { short: 1 } } } }
  join: { operator: ${operators}#echo, inputs: { in: [long.kind, short.kind] } }`;
    expect(textsOf((await run(stages, '{ kind: join.out }', 'abcd')).outputs['kind'])).toBe('long');
    expect(textsOf((await run(stages, '{ kind: join.out }', 'ab')).outputs['kind'])).toBe('short');
  });

  it('skips what lacks an input, and leaves a skipped output out', async () => {
    const { outputs, stages } = await run(
      `  only:
    when: inputs.text == "yes"
    operator: ${operators}#echo
    inputs: { in: inputs.text }
  after: { operator: ${operators}#echo, inputs: { in: only.out } }
  always: { operator: ${operators}#echo, inputs: { in: inputs.text } }`,
      '{ a: after.out, b: always.out }',
      'no',
    );
    expect(Object.keys(outputs)).toEqual(['b']);
    expect(stages.map(({ items }) => items)).toEqual([0, 0, 1]);
  });

  it('fails the query when a condition fails at run time', async () => {
    const failing = run(
      `  a: { operator: ${operators}#echo, when: int(inputs.text) > 3, inputs: { in: inputs.text } }`,
      '{ a: a.out }',
      'many',
    );
    await expect(failing).rejects.toMatchObject({ code: 'stage-failed', stage: 'a' });
  });
});

describe('a fan-out', () => {
  const fan = (perItem: string) => `  split: { operator: ${operators}#split, inputs: { text: inputs.text } }
${perItem}`;

  it('gathers in order', async () => {
    const { outputs, stages } = await run(
      fan(`  each: { each: split.parts, operator: ${operators}#echo, inputs: { in: item } }`),
      '{ parts: each.out }',
      'a,b,c',
    );
    expect(textsOf(outputs['parts'])).toEqual(['a', 'b', 'c']);
    expect(stages[1]!.items).toBe(3);
  });

  it('of nothing gathers to nothing', async () => {
    const { outputs } = await run(
      fan(`  each: { each: split.parts, operator: ${operators}#echo, inputs: { in: item } }
  count: { operator: json/assemble, inputs: { parts: each.out } }`),
      '{ parts: each.out, json: count.json }',
      '',
    );
    expect(outputs['parts']).toEqual([]);
    expect(textsOf(outputs['json'])).toBe('{"parts":[]}');
  });

  it('moves an item on without waiting for its siblings', async () => {
    const { latency } = await run(
      fan(`  first: { each: split.parts, operator: emulate, inputs: { in: item }, params: { latency: { 1: 10 ms } } }
  second: { each: first.out, operator: emulate, inputs: { in: item }, params: { latency: { 1: 10 ms } } }`),
      '{ parts: second.out }',
      'a,b,c',
    );
    // One replica each: a pipeline of two steps takes 3 + 1 goes, a barrier between them would take 3 + 3.
    expect(latency).toBe(40);
  });

  it('decides conditions item by item, and joins what is left by index', async () => {
    const { outputs } = await run(
      fan(`  odd:
    each: split.parts
    when: item != "b"
    operator: ${operators}#echo
    inputs: { in: item }
  all: { each: split.parts, operator: ${operators}#echo, inputs: { in: item } }
  pair: { operator: ${operators}#pair, inputs: { a: odd.out, b: all.out } }
  zip:
    each: { x: odd.out, y: all.out }
    operator: json/assemble
    inputs: { x: item.x, y: item.y }
  either:
    each: { it: [odd.out, split.parts] }
    operator: ${operators}#echo
    inputs: { in: item.it }`),
      '{ text: pair.text, zip: zip.json, either: either.out }',
      'a,b,c',
    );
    expect(textsOf(outputs['text'])).toBe('a+a c+c');
    expect(textsOf(outputs['zip'])).toEqual(['{"x":"a","y":"a"}', '{"x":"c","y":"c"}']);
    expect(textsOf(outputs['either'])).toEqual(['a', 'b', 'c']);
  });

  it('gives every item what the query has once', async () => {
    const { outputs } = await run(
      fan(`  each:
    each: split.parts
    operator: json/assemble
    inputs: { part: item, whole: inputs.text }`),
      '{ json: each.json }',
      'a,b',
    );
    expect(textsOf(outputs['json'])).toEqual(['{"part":"a","whole":"a,b"}', '{"part":"b","whole":"a,b"}']);
  });

  it('of too many items fails the query', async () => {
    const failing = run(
      fan(`  each: { each: split.parts, operator: ${operators}#echo, inputs: { in: item } }`),
      '{ parts: each.out }',
      'a,b,c,d',
      { limits: { items: 3 } },
    );
    await expect(failing).rejects.toMatchObject({ code: 'too-large', stage: 'split' });
  });

  it('cancels its siblings when one item fails', async () => {
    const pipeline = await pipelineOf(
      fan(`  each: { each: split.parts, operator: ${operators}#fragile, inputs: { in: item } }
  slow: { each: each.out, operator: emulate, inputs: { in: item }, params: { latency: { 1: 50 ms } } }`),
      '{ parts: slow.out }',
    );
    const { engine, clock } = await startVirtual(pipeline);
    await expect(clock.until(engine.infer({ text: 'a,poison,c,d' }))).rejects.toMatchObject({
      code: 'stage-failed',
      message: 'stage "each": can not swallow poison',
    });
    await clock.advanceTo(1000);
    expect(isAtRest(engine)).toBe(true);
  });
});

describe('fused stages', () => {
  const chain = `  split: { operator: ${operators}#split, inputs: { text: inputs.text } }
  a: { each: split.parts, operator: ${operators}#echo, inputs: { in: item } }
  b: { each: { x: a.out, y: split.parts }, operator: json/assemble, inputs: { x: item.x, y: item.y } }
  c: { each: b.json, when: 'item != ""', operator: ${operators}#echo, inputs: { in: item } }
  d: { operator: ${operators}#echo, inputs: { in: inputs.text } }
  e: { operator: ${operators}#pair, inputs: { a: c.out, b: a.out } }`;

  it.each([
    [[['split', 'd'], ['a', 'b', 'c'], ['e']]],
    [[['split', 'd', 'e'], ['a', 'b'], ['c']]],
    [[['split'], ['d', 'e'], ['a', 'c'], ['b']]],
  ])('give the same answer however they are grouped: %j', async groups => {
    const { outputs } = await run(chain, '{ text: e.text, d: d.out }', 'p,q', { groups, batch: 4 });
    expect(textsOf(outputs['text'])).toBe('{"x":"p","y":"p"}+p {"x":"q","y":"q"}+q');
    expect(textsOf(outputs['d'])).toBe('p,q');
  });
});
