import { describe, expect, test } from 'vitest';
import { checkText } from '../../pipelines/index.ts';
import { mistakesIn, operators, pipelineOf } from '../support/pipelines.ts';

const directory = import.meta.dirname;
const embed = 'e: { operator: embed, inputs: { text: inputs.text } }';
const split = 'split: { operator: split, inputs: { text: inputs.text } }';

async function bound(stages: string, output?: string) {
  const { pipeline, diagnostics } = await checkText(pipelineOf(stages, output), { directory, operators });
  expect(diagnostics).toEqual([]);
  return pipeline!;
}

describe('edges', () => {
  test.each([
    [
      'of another datatype',
      `${embed}\na: { operator: shout, inputs: { text: e.vector } }`,
      'datatype-mismatch',
      'e.vector',
    ],
    [
      'of another rank',
      `${embed}\nd: { operator: dot, inputs: { a: e.vector } }\na: { operator: dot, inputs: { a: d.same } }`,
      'shape-mismatch',
      'd.same',
    ],
    [
      'of another size',
      `${embed}\nf: { operator: embed, inputs: { text: inputs.text }, params: { size: 5 } }\na: { operator: dot, inputs: { a: e.vector, b: f.vector } }`,
      'shape-mismatch',
      'f.vector',
    ],
    [
      'from a list to a tensor',
      `${split}\na: { operator: shout, inputs: { text: split.parts } }`,
      'list-mismatch',
      'split.parts',
    ],
    [
      'from a tensor to a list',
      'a: { operator: merge, inputs: { parts: inputs.text } }',
      'list-mismatch',
      'inputs.text',
    ],
    [
      'from gathered items to a tensor',
      `${split}\nb: { each: split.parts, operator: shout, inputs: { text: item } }\na: { operator: shout, inputs: { text: b.text } }`,
      'list-mismatch',
      'b.text',
    ],
    [
      'from a second choice that does not fit',
      `${embed}\na: { operator: shout, inputs: { text: [inputs.text, e.vector] } }`,
      'datatype-mismatch',
      'e.vector',
    ],
    [
      'to an input that is not there',
      'a: { operator: shout, inputs: { txt: inputs.text } }',
      'unknown-operator-input',
      'txt',
    ],
    [
      'from an output that is not there',
      `${embed}\na: { operator: dot, inputs: { a: e.vectr } }`,
      'unknown-port',
      'e.vectr',
    ],
  ])('%s are refused', async (_, stages, code, token) => {
    const output = stages.includes('\na: { operator: dot') ? 'a.same' : 'a.text';
    expect(await mistakesIn(pipelineOf(stages, output))).toEqual([[code, token]]);
  });

  test('a needed input must be connected, an optional one need not', async () => {
    expect(
      await mistakesIn(
        pipelineOf(
          'a: { operator: shout }\nb: { operator: tuple, inputs: { x: a.text, y: inputs.text } }',
          'b.text',
        ),
      ),
    ).toEqual([['missing-input', 'a']]);
    await bound(`${embed}\na: { operator: dot, inputs: { a: e.vector } }`, 'a.same');
  });

  test('one unknown port leaves its edge unchecked, and nothing after it', async () => {
    const file = pipelineOf(`
${embed}
x: { operator: echo, inputs: { in: e.vectr } }
y: { operator: shout, inputs: { text: x.out } }
a: { when: x.out == 3, operator: tuple, inputs: { y: y.text, z: y.txt } }`);
    expect(await mistakesIn(file)).toEqual([
      ['unknown-port', 'e.vectr'],
      ['unknown-port', 'y.txt'],
    ]);
  });

  test('types follow what is connected', async () => {
    const pipeline = await bound(
      `
e: { operator: embed, inputs: { text: inputs.text }, params: { size: 7 } }
copy: { operator: echo, inputs: { in: e.vector } }
a: { operator: dot, inputs: { a: copy.out } }`,
      'a.same',
    );
    expect(pipeline.outputTypes).toEqual({ result: { datatype: 'FP32', shape: [7, 2] } });
    expect(pipeline.stages.map(({ name, code, params }) => [name, code, params])).toEqual([
      ['e', { builtin: 'embed' }, { size: 7 }],
      ['copy', { builtin: 'echo' }, {}],
      ['a', { builtin: 'dot' }, {}],
    ]);
  });

  test('an operator of any type copies lists too, and per-item outputs are gathered', async () => {
    const pipeline = await bound(
      `
${split}
copy: { operator: echo, inputs: { in: split.parts } }
e: { each: copy.out, operator: embed, inputs: { text: item } }`,
      'e.vector',
    );
    expect(pipeline.outputTypes).toEqual({ result: { datatype: 'FP32', shape: [4], list: true } });
    expect(pipeline.stages.at(-1)?.ports.outputs['vector']).toEqual({ datatype: 'FP32', shape: [4] });
  });

  test('fallbacks of different sizes leave the size open', async () => {
    const pipeline = await bound(
      `
e: { operator: embed, inputs: { text: inputs.text } }
f: { operator: embed, inputs: { text: inputs.text }, params: { size: 5 } }
a: { operator: echo, inputs: { in: [e.vector, f.vector] } }`,
      '[a.out, e.vector]',
    );
    expect(pipeline.outputTypes['result']).toEqual({ datatype: 'FP32', shape: [-1] });
  });

  test('a list for each item is refused wherever it is read', async () => {
    const stages = `
${split}
inner: { each: split.parts, operator: split, inputs: { text: item } }
b: { each: inner.parts, operator: shout, inputs: { text: item } }
a: { operator: tuple, inputs: { x: inner.parts, y: b.text } }`;
    expect(await mistakesIn(pipelineOf(stages))).toEqual([
      ['nested-each', 'inner.parts'],
      ['nested-each', 'inner.parts'],
    ]);
  });

  test('renamed outputs go by our names', async () => {
    const stage = (outputs: string): string =>
      `e: { operator: embed, inputs: { text: inputs.text }, outputs: { ${outputs} } }`;
    const pipeline = await bound(stage('v: a.b'), 'e.v');
    expect(Object.keys(pipeline.stages[0]!.ports.outputs)).toEqual(['vector', 'v']);
    expect(await mistakesIn(pipelineOf(stage('v: a.c'), 'e.v'))).toEqual([['unknown-port', 'a.c']]);
    expect(await mistakesIn(pipelineOf(stage('vector: a.b'), 'e.vector'))).toEqual([['bad-name', 'vector']]);
    const { diagnostics } = await checkText(pipelineOf(stage('v: a.b'), 'e.a.b'), { directory, operators });
    expect(diagnostics).toMatchObject([{ code: 'unknown-port', suggestion: 'v' }]);
  });

  test('a state is an output of the stage that fits its input', async () => {
    const stage = (state: string): string =>
      `a: { operator: recurrent, inputs: { text: inputs.text }, state: { ${state} } }`;
    await bound(stage('state: next'));
    expect(await mistakesIn(pipelineOf(stage('text: text, state: next')))).toEqual([['bad-state', 'text']]);
    expect(await mistakesIn(pipelineOf(stage('state: nxt')))).toEqual([['bad-state', 'nxt']]);
    expect(await mistakesIn(pipelineOf(stage('state: other')))).toEqual([['bad-state', 'other']]);
    expect(await mistakesIn(pipelineOf(stage('state: next, more: next')))).toEqual([['bad-state', 'more']]);
  });
});
