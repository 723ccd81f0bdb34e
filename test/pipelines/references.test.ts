import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../pipelines/index.ts';
import { mistakesIn, pipelineOf } from '../support/pipelines.ts';

const shout = 'a: { operator: shout, inputs: { text: inputs.text } }';

describe('references', () => {
  test('name inputs, ports and items, with fallbacks in order', () => {
    const { pipeline } = parsePipeline(
      pipelineOf(
        `
split: { operator: split, inputs: { text: inputs.text } }
loud: { each: split.parts, when: item != "", operator: shout, inputs: { text: item } }
zip: { each: { part: [loud.text, split.parts], mark: split.marks }, operator: shout, inputs: { text: item.mark } }
a: { operator: tuple, inputs: { x: [zip.text, inputs.text], y: zip.sigmoid_0.tmp_0 } }`,
        '[a.text, inputs.text]',
      ),
    );
    const stages = Object.fromEntries(pipeline!.stages.map(stage => [stage.name, stage]));
    expect(stages['loud']?.each).toEqual({ item: [{ kind: 'port', stage: 'split', port: 'parts' }] });
    expect(stages['loud']?.inputs).toEqual({ text: [{ kind: 'item', name: 'item' }] });
    expect(stages['loud']?.when?.references).toEqual([{ kind: 'item', name: 'item' }]);
    expect(stages['zip']?.each).toEqual({
      part: [
        { kind: 'port', stage: 'loud', port: 'text' },
        { kind: 'port', stage: 'split', port: 'parts' },
      ],
      mark: [{ kind: 'port', stage: 'split', port: 'marks' }],
    });
    expect(stages['zip']?.inputs).toEqual({ text: [{ kind: 'item', name: 'mark' }] });
    expect(stages['a']?.inputs['x']).toHaveLength(2);
    expect(stages['a']?.inputs['y']).toEqual([{ kind: 'port', stage: 'zip', port: 'sigmoid_0.tmp_0' }]);
    expect(pipeline!.outputs['result']).toHaveLength(2);
  });

  test.each([
    ['decode', 'bad-reference'],
    ['[a.text, 3]', 'bad-reference'],
    ['inputs.tex', 'unknown-input'],
    ['b.text', 'unknown-stage'],
    ['item', 'unknown-item'],
    ['item.part', 'unknown-item'],
  ])('an input from %s is %s', async (reference, code) => {
    const file = pipelineOf(
      `${shout}\nz: { operator: tuple, inputs: { x: a.text, y: ${reference} } }`,
      'z.text',
    );
    const [[found, token], ...others] = (await mistakesIn(file)) as [[string, string]];
    expect([found, others]).toEqual([code, []]);
    expect(reference).toContain(token);
  });

  test('a misspelt reference is one mistake, and what it means is not called unused', () => {
    const { diagnostics } = parsePipeline(pipelineOf(shout.replace('inputs.text', 'inputs.txt'), 'aa.text'));
    expect(diagnostics.map(({ code, suggestion }) => [code, suggestion])).toEqual([
      ['unknown-input', 'text'],
      ['unknown-stage', 'a'],
    ]);
  });

  test.each([
    ['inputs.text', 'bad-each', 'inputs.text'],
    ['item', 'bad-each', 'item'],
    ['a.text', 'bad-each', 'a.text'],
    ['[split.parts, 7]', 'bad-each', '7'],
    ['3', 'bad-each', '3'],
    ['list', 'bad-reference', 'list'],
    ['{ item: split.parts }', 'bad-name', 'item'],
  ])('each over %s is %s', async (each, code, token) => {
    const file = pipelineOf(
      `${shout}\nsplit: { operator: split, inputs: { text: a.text } }\nz: { each: ${each}, operator: tuple, inputs: { x: split.marks } }`,
      'z.text',
    );
    expect(await mistakesIn(file)).toEqual([[code, token]]);
  });

  test('item names what each names', () => {
    const stages = (item: string): string =>
      `split: { operator: split, inputs: { text: inputs.text } }\na: { each: { part: split.parts, mark: split.marks }, operator: shout, inputs: { text: ${item} } }`;
    const diagnose = (item: string) => parsePipeline(pipelineOf(stages(item))).diagnostics;
    expect(diagnose('item.part')).toEqual([]);
    expect(diagnose('item.prt')).toMatchObject([{ code: 'unknown-item', suggestion: 'item.part' }]);
    expect(diagnose('item')).toMatchObject([{ code: 'unknown-item', suggestion: 'item.part' }]);
  });
});
