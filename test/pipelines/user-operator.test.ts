import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../pipelines/index.ts';
import { pipelineOf } from '../support/pipelines.ts';

const directory = join(import.meta.dirname, 'fixtures', 'operators');

async function check(operator: string, params = '{}') {
  const stage = `a: { operator: "${operator}", inputs: { text: inputs.text }, params: ${params} }`;
  return checkText(pipelineOf(stage), { directory });
}

describe("a user's operator", () => {
  test('gives its ports, parameters and cost from a thread of its own', async () => {
    const { pipeline, diagnostics } = await check('./good.js#operator', '{ times: 3 }');
    expect(diagnostics).toEqual([]);
    expect(pipeline?.stages[0]).toMatchObject({
      code: { module: pathToFileURL(join(directory, 'good.js')).href, name: 'operator' },
      params: { times: 3, joint: ' ' },
      cost: 'light',
      ports: { outputs: { each: { datatype: 'BYTES', shape: [3] } } },
    });
  });

  test('is the export "operator" unless another is named, at an absolute path too', async () => {
    const { pipeline } = await check(join(directory, 'good.js'), '{ times: 1 }');
    expect(pipeline?.stages[0]?.code).toMatchObject({ name: 'operator' });
    expect((await check('./good.js#plain')).pipeline?.stages[0]?.cost).toBe('heavy');
  });

  test('has its parameters checked by its own schema', async () => {
    const { diagnostics } = await check('./good.js#operator', '{ times: 0, joiny: x }');
    expect(diagnostics.map(({ code, suggestion }) => [code, suggestion])).toEqual([
      ['bad-parameter', undefined],
      ['unknown-parameter', 'joint'],
    ]);
  });

  test.each([
    ['./god.js#operator', /there is no file .*god\.js/, './good.js'],
    ['./good.js#operatr', /no export "operatr"/, 'operator'],
    ['./good.js#number', /is no object/, undefined],
    ['./good.js#inert', /has no function "create"/, undefined],
    ['./good.js#portless', /ports/, undefined],
    ['./good.js#shapeless', /ports\.inputs\.text\.datatype must be one of "BOOL"/, undefined],
    ['./good.js#unschematic', /no valid JSON Schema/, undefined],
    ['./good.js#unresolved', /no valid JSON Schema: Unresolved \$ref/, undefined],
    ['./good.js#endless', /no valid JSON Schema/, undefined],
    ['./good.js#huge', /BigInt/, undefined],
    ['./throws.mjs', /^\.\/throws\.mjs: cannot start$/, undefined],
    ['./exits.mjs', /ended the thread/, undefined],
  ])('%s is told about', async (operator, message, suggestion) => {
    const { diagnostics } = await check(operator);
    expect(diagnostics).toMatchObject([{ code: 'operator-failed', message: expect.stringMatching(message) }]);
    expect(diagnostics[0]?.suggestion).toBe(suggestion);
  });

  test('may leave what it has nothing to say of undefined', async () => {
    const { pipeline, diagnostics } = await check('./good.js#vague');
    expect(diagnostics).toEqual([]);
    expect(pipeline?.stages[0]?.ports.inputs).toEqual({ text: { datatype: 'BYTES', shape: [1] } });
  });

  test('may choose the code of its diagnostic', async () => {
    const { diagnostics } = await check('./good.js#choosy');
    expect(diagnostics).toMatchObject([{ code: 'not-onnx', message: './good.js#choosy: no model' }]);
  });

  test.each(['./endless.mjs', './good.js#slow'])('%s is stopped after 2 s', async operator => {
    const { diagnostics } = await check(operator);
    expect(diagnostics).toMatchObject([
      { code: 'operator-failed', message: expect.stringContaining('longer than 2 s') },
    ]);
  });

  test('a module without ./ is not taken for a built-in operator', async () => {
    const { diagnostics } = await check('good.js#operator');
    expect(diagnostics).toMatchObject([{ code: 'unknown-operator', suggestion: './good.js#operator' }]);
  });
});
