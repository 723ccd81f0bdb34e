import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../pipelines/index.ts';
import { mistakesIn, operators, pipelineOf } from '../support/pipelines.ts';

const directory = join(import.meta.dirname, 'fixtures', 'operators');
const file = (params: string, operator = 'model'): string =>
  pipelineOf(`a: { operator: ${operator}, inputs: { text: inputs.text }, params: { ${params} } }`);

describe('parameters', () => {
  test.each([
    ['model: good.js, mod: fast', 'unknown-parameter', 'mod'],
    ['mode: fast', 'missing-parameter', 'params'],
    ['model: 3', 'bad-parameter', '3'],
    ['model: good.js, mode: fats', 'bad-parameter', 'fats'],
    ['model: good.js, level: high', 'bad-parameter', 'high'],
    ['model: good.js, pad: { x: { to: 2 } }', 'missing-parameter', 'x'],
    ['model: good.js, pad: { "a/b": { axis: 1.5 } }', 'bad-parameter', '1.5'],
    ['model: good.js, pad: { x: { axis: 1, too: 2 } }', 'unknown-parameter', 'too'],
    ['model: god.js', 'missing-file', 'god.js'],
    ['model: good.js, more: [throws.mjs, nothing.mjs]', 'missing-file', 'nothing.mjs'],
    ['model: npm:yaml/nothing.json', 'missing-file', 'npm:yaml/nothing.json'],
    ['model: npm:not-installed-anywhere/a.onnx', 'missing-file', 'npm:not-installed-anywhere/a.onnx'],
    ['model: "npm:yaml"', 'missing-file', '"npm:yaml"'],
  ])('{ %s } is %s', async (params, code, token) => {
    expect(await mistakesIn(file(params), directory)).toEqual([[code, token]]);
  });

  test('say what they take, and what was probably meant', async () => {
    const text = file('model: god.js, mode: fats, level: high, pad: { x: {} }');
    const { diagnostics } = await checkText(text, { directory, operators });
    expect(diagnostics.map(({ message, suggestion }) => [message, suggestion])).toEqual([
      ['parameter "mode" must be one of "fast", "slow", not "fats"', 'fast'],
      ['parameter "level" must be a whole number or "auto", not "high"', undefined],
      ['the operator needs parameter "pad.x.axis"', undefined],
    ]);
    const missing = await checkText(file('model: god.js'), { directory, operators });
    expect(missing.diagnostics[0]?.suggestion).toBe('good.js');
  });

  test('of an operator without any are all unknown', async () => {
    expect(await mistakesIn(file('times: 2', 'shout'), directory)).toEqual([['unknown-parameter', 'times']]);
  });

  test('get their defaults at every depth, and files become absolute', async () => {
    const text = file('model: npm:yaml/package.json, more: [good.js], level: auto, pad: { x: { axis: 1 } }');
    const { pipeline, diagnostics } = await checkText(text, { directory, operators });
    expect(diagnostics).toEqual([]);
    expect(pipeline?.stages[0]?.params).toEqual({
      model: join(process.cwd(), 'node_modules', 'yaml', 'package.json'),
      more: [join(directory, 'good.js')],
      level: 'auto',
      pad: { x: { axis: 1, to: 1 } },
    });
  });

  test('that the operator itself refuses are told about at their place', async () => {
    const { diagnostics } = await checkText(file('', 'broken'), { directory, operators });
    expect(diagnostics).toMatchObject([{ code: 'not-onnx', message: 'broken: these bytes are no model' }]);
  });
});
