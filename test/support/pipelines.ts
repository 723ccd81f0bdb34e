/** Small operators and helpers for tests of pipeline files. */
import type { Operator, Ports } from '../../operators/index.ts';
import { checkText, type Diagnostic } from '../../pipelines/index.ts';

const path = { type: 'string', format: 'file' };
const text = { datatype: 'BYTES', shape: [1] } as const;

function operator(ports: Operator['ports'], params?: Operator['params']): () => Promise<Operator> {
  const made: Operator = { description: 'For tests.', ports, create: () => ({ run: () => [] }) };
  return async () => (params ? { ...made, params } : made);
}

/** One stand-in for each kind of port that the binder knows. */
export const operators = {
  echo: operator({ inputs: { in: { datatype: 'ANY' } }, outputs: { out: { datatype: 'ANY', like: 'in' } } }),
  shout: operator({ inputs: { text }, outputs: { text } }),
  classify: operator({
    inputs: { text },
    outputs: {
      code: text,
      score: { datatype: 'FP32', shape: [1] },
      scores: { datatype: 'FP32', shape: [3] },
      count: { datatype: 'INT64', shape: [1] },
      sure: { datatype: 'BOOL', shape: [1] },
      any: { datatype: 'FP32', shape: ['n'] },
    },
  }),
  split: operator({
    inputs: { text },
    outputs: { parts: { ...text, list: true }, marks: { ...text, list: true } },
  }),
  merge: operator({ inputs: { parts: { ...text, list: true } }, outputs: { text } }),
  tuple: operator({ inputs: { '*': { datatype: 'ANY' } }, outputs: { text } }),
  embed: operator(
    ({ size }: { size: number }): Ports => ({
      inputs: { text },
      outputs: { vector: { datatype: 'FP32', shape: [size] }, 'a.b': { datatype: 'FP32', shape: [size] } },
    }),
    {
      type: 'object',
      properties: { size: { type: 'integer', minimum: 1, default: 4 } },
      required: ['size'],
      additionalProperties: false,
    },
  ),
  dot: operator({
    inputs: { a: { datatype: 'FP32', shape: ['n'] }, b: { datatype: 'FP32', shape: ['n'], optional: true } },
    outputs: { same: { datatype: 'FP32', shape: ['n', 2] } },
  }),
  recurrent: operator({
    inputs: { text, state: { datatype: 'FP32', shape: [2, -1] } },
    outputs: { text, next: { datatype: 'FP32', shape: [2, -1] }, other: { datatype: 'FP32', shape: [3] } },
  }),
  model: operator(
    { inputs: { text }, outputs: { text } },
    {
      type: 'object',
      properties: {
        model: path,
        more: { type: 'array', items: path },
        mode: { enum: ['fast', 'slow'] },
        level: { anyOf: [{ type: 'integer' }, { const: 'auto' }] },
        pad: {
          type: 'object',
          patternProperties: {
            '^.*$': {
              type: 'object',
              properties: { to: { type: 'integer', default: 1 }, axis: { type: 'integer' } },
              required: ['to', 'axis'],
              additionalProperties: false,
            },
          },
        },
      },
      required: ['model'],
      additionalProperties: false,
    },
  ),
  broken: operator(() => {
    throw Object.assign(new Error('these bytes are no model\nat line 3'), { diagnostic: 'not-onnx' });
  }),
} satisfies Record<string, () => Promise<Operator>>;

/** A pipeline file with an input `text` and one output. */
export function pipelineOf(
  stages: string,
  output = 'a.text',
  inputs = 'text: { datatype: BYTES, shape: [1] }',
): string {
  return [
    'millrace: pipeline/1',
    'name: test',
    `inputs: { ${inputs} }`,
    'stages:',
    ...stages
      .trim()
      .split('\n')
      .map(line => `  ${line}`),
    `outputs: { result: ${output} }`,
    '',
  ].join('\n');
}

/** Code of a mistake, and the text that its carets stand under. */
export function pointAt({ code, excerpt }: Diagnostic): [string, string] {
  return [code, excerpt.text.slice(excerpt.column - 1, excerpt.column - 1 + excerpt.length)];
}

/** Checks a text with the operators of this file; says of each mistake what it is and where. */
export async function mistakesIn(file: string, directory = import.meta.dirname): Promise<[string, string][]> {
  const { diagnostics } = await checkText(file, { directory, operators });
  return diagnostics.map(pointAt);
}
