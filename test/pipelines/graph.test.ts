import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fanOutsOf, graphOf, parsePipeline, referencesOf, type Pipeline } from '../../pipelines/index.ts';
import { mistakesIn, pipelineOf } from '../support/pipelines.ts';

function load(stages: string, output?: string): Pipeline {
  const { pipeline, diagnostics } = parsePipeline(pipelineOf(stages, output));
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return pipeline!;
}

describe('the graph', () => {
  test('has an edge wherever inputs, each or when read a stage', () => {
    const pipeline = load(`
a: { when: c.code == "en", operator: merge, inputs: { parts: loud.text, mark: split.marks } }
loud: { each: split.parts, operator: shout, inputs: { text: item } }
split: { operator: split, inputs: { text: inputs.text } }
c: { operator: classify, inputs: { text: inputs.text } }`);
    const graph = graphOf(pipeline);
    expect(pipeline.stages.map(({ name }) => name)).toEqual(['split', 'loud', 'c', 'a']);
    expect(graph.edges().map(edge => [edge.v, edge.w, graph.edge(edge).ports])).toEqual([
      ['split', 'loud', ['parts']],
      ['loud', 'a', ['text']],
      ['split', 'a', ['marks']],
      ['c', 'a', ['code']],
    ]);
    expect(graph.node('loud')).toEqual({ scope: 'item' });
    expect(graph.node('a')).toEqual({ scope: 'query' });
  });

  test('knows which stages run on the same items', () => {
    const pipeline = load(`
split: { operator: split, inputs: { text: inputs.text } }
b: { each: split.parts, operator: shout, inputs: { text: item } }
c: { each: b.text, operator: shout, inputs: { text: item } }
d: { each: { x: c.text, y: split.marks }, operator: shout, inputs: { text: item.x } }
a: { operator: merge, inputs: { parts: d.text } }`);
    expect(Object.fromEntries(fanOutsOf(pipeline))).toEqual({
      split: null,
      b: 'split.marks + split.parts',
      c: 'split.marks + split.parts',
      d: 'split.marks + split.parts',
      a: null,
    });
  });

  test('a cycle is named once, by its way round', () => {
    const { diagnostics } = parsePipeline(
      pipelineOf(`
a: { operator: tuple, inputs: { x: inputs.text, y: c.text } }
b: { operator: shout, inputs: { text: a.text } }
c: { operator: shout, inputs: { text: [inputs.text, b.text] } }`),
    );
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['cycle', 'stages wait for each other: a → b → c → a'],
    ]);
  });

  test('a stage that reads itself is a cycle, under when too', async () => {
    const stage = 'a: { when: a.text == "", operator: shout, inputs: { text: inputs.text } }';
    expect(await mistakesIn(pipelineOf(stage))).toEqual([['cycle', 'a.text']]);
  });

  test('every stage that leads to no output is reported', async () => {
    const file = pipelineOf(`
a: { operator: shout, inputs: { text: inputs.text } }
b: { operator: shout, inputs: { text: a.text } }
c: { operator: shout, inputs: { text: b.text } }`);
    expect(await mistakesIn(file)).toEqual([
      ['unused-stage', 'b'],
      ['unused-stage', 'c'],
    ]);
  });

  test('an input that nothing reads is a warning', () => {
    const inputs = 'text: { datatype: BYTES, shape: [1] }, spare: { datatype: FP32 }';
    const file = pipelineOf('a: { operator: shout, inputs: { text: inputs.text } }', 'a.text', inputs);
    const { pipeline, diagnostics } = parsePipeline(file);
    expect(diagnostics).toMatchObject([{ code: 'unused-input', severity: 'warning' }]);
    expect(pipeline).toBeDefined();
  });

  test('stages of any DAG come after what they read, ties in the order of the file', () => {
    const dag = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(dag, fc.infiniteStream(fc.nat()), (wishes, order) => {
        const stages = wishes.map((reads, index) => {
          const earlier = reads.filter(read => read < index).map(read => `s${read}.out`);
          const inputs = ['inputs.text', ...earlier].map((source, port) => `p${port}: ${source}`);
          return {
            key: order.next().value!,
            text: `s${index}: { operator: x, inputs: { ${inputs.join(', ')} } }`,
          };
        });
        const all = wishes.map((_, index) => `p${index}: s${index}.out`).join(', ');
        const shuffled = stages.toSorted((a, b) => a.key - b.key).map(({ text }) => text);
        const pipeline = load(
          [...shuffled, `end: { operator: x, inputs: { ${all} } }`].join('\n'),
          'end.out',
        );
        const done = new Set<string>();
        for (const stage of pipeline.stages) {
          const read = referencesOf(stage).flatMap(source => (source.kind === 'port' ? [source.stage] : []));
          expect(read.filter(name => !done.has(name))).toEqual([]);
          done.add(stage.name);
        }
        expect(done.size).toBe(wishes.length + 1);
      }),
      { numRuns: 60 },
    );
  });
});
