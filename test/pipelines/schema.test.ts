import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { builtinOperators, type Operator } from '../../operators/index.ts';
import { pipelineJsonSchema } from '../../pipelines/index.ts';
import { violations } from '../../pipelines/violation.ts';
import { operators as standIns } from '../support/pipelines.ts';

async function loaded(operators: Record<string, () => Promise<Operator>>): Promise<Record<string, Operator>> {
  const entries = Object.entries(operators).map(async ([name, load]) => [name, await load()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe("the editors' schema", () => {
  test('is the one committed', async () => {
    const committed = await readFile(
      new URL('../../pipelines/pipeline.schema.json', import.meta.url),
      'utf8',
    );
    expect(JSON.parse(committed)).toEqual(pipelineJsonSchema(await loaded(builtinOperators)));
  });

  test('knows the parameters of the operator that a stage names', async () => {
    const schema = pipelineJsonSchema(await loaded(standIns));
    const check = (stage: object): boolean =>
      violations(schema, {
        millrace: 'pipeline/1',
        name: 'x',
        inputs: { text: { datatype: 'BYTES', shape: [1] } },
        stages: { a: stage },
        outputs: { result: 'a.text' },
      }).length === 0;
    const inputs = { text: 'inputs.text' };
    expect(check({ operator: 'model', inputs, params: { model: 'a.onnx' } })).toBe(true);
    expect(check({ operator: 'model', inputs, params: { model: 3 } })).toBe(false);
    expect(check({ operator: 'shout', inputs, params: { model: 'a.onnx' } })).toBe(false);
    expect(check({ operator: './mine.js#operator', inputs, params: { any: 3 } })).toBe(true);
    expect(check({ operator: 'shouts', inputs })).toBe(false);
    expect(check({ operator: 'shout', inputs, colour: 'red' })).toBe(false);
  });

  test('describes every key', () => {
    const bare: string[] = [];
    const visit = (node: unknown, at: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, child] of Object.entries(node)) {
        visit(child, `${at}/${key}`);
        if (/\/(properties|patternProperties)$/.test(at) && !('description' in child) && !('$ref' in child))
          bare.push(`${at}/${key}`);
      }
    };
    visit(pipelineJsonSchema({}), '');
    expect(bare.filter(at => !at.includes('/params') && !/Properties\/[^/]*$/.test(at))).toEqual([]);
  });
});
