import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkText,
  diagnosticTable,
  parseHardware,
  parsePlan,
  parsePipeline,
  type Diagnostic,
  type DiagnosticCode,
} from '../../pipelines/index.ts';
import { parseKeys } from '../../engine/server/access/keys-file.ts';
import { parseProfile, parseTrace } from '../../planner/index.ts';
import { operators, pipelineOf, pointAt } from '../support/pipelines.ts';

const directory = join(import.meta.dirname, 'fixtures', 'operators');
const shout = 'a: { operator: shout, inputs: { text: inputs.text } }';
const split = 's: { operator: split, inputs: { text: inputs.text } }';
const embed = 'e: { operator: embed, inputs: { text: inputs.text } }';

/** A pipeline whose one stage has this key too. */
const withKey = (key: string): string =>
  pipelineOf(shout.replace(' }', ` }, ${key}`).replace('} }, ', '}, ').replace(/ ?}?$/, ' }'));
const withRoot = (line: string): string => `${pipelineOf(shout)}${line}\n`;
const inputs = (input: string): string => pipelineOf(shout, 'a.text', `text: ${input}`);

const two = parsePipeline(
  pipelineOf(`${split}\nb: { each: s.parts, operator: shout, inputs: { text: item } }`, 'b.text'),
).pipeline!;
const plan = (stages: string, pipeline = 'test'): string =>
  `millrace: plan/1\npipeline: ${pipeline}\ngroups:\n${stages
    .split(' ')
    .map(group => `  - { stages: [${group}], pools: [{ hardware: cpu, batch: 1, replicas: 1 }] }\n`)
    .join('')}`;

/** For every code a file with that one mistake, and what its carets stand under. */
const pipelines: readonly [DiagnosticCode, string, string][] = [
  ['yaml-syntax', 'a: [', ''],
  ['too-large', `a: [${'b,'.repeat(20_000)}]`, 'b'],
  ['not-a-mapping', '- a', '- a'],
  ['duplicate-key', pipelineOf(`${shout}\n${shout}`), 'a'],
  ['missing-key', pipelineOf(shout.replace('operator: shout, ', '')), 'a'],
  ['unknown-key', withKey('input: {}'), 'input'],
  ['bad-type', withKey('pure: 3'), '3'],
  ['bad-version', pipelineOf(shout).replace('pipeline/1', 'pipeline/2'), 'pipeline/2'],
  ['bad-name', pipelineOf(`${shout}\n3d: { operator: shout }`), '3d'],
  ['bad-datatype', inputs('{ datatype: STRING, shape: [1] }'), 'STRING'],
  ['bad-shape', inputs('{ datatype: BYTES, shape: [-2] }'), '-2'],
  ['bad-duration', withKey('timeout: 20'), '20'],
  ['bad-slo', withRoot('slo: { p99: fast }'), 'fast'],
  [
    'no-stages',
    withRoot('')
      .replace(/stages:\n.*\n/, 'stages: {}\n')
      .replace('a.text', 'inputs.text')
      .replace('inputs: {', 'inputs: {'),
    '{}',
  ],
  ['no-outputs', pipelineOf(shout).replace('{ result: a.text }', '{}'), '{}'],
  ['bad-reference', pipelineOf(shout, 'a'), 'a'],
  ['unknown-input', pipelineOf(shout, '[a.text, inputs.txt]'), 'inputs.txt'],
  ['unknown-stage', pipelineOf(shout, '[a.text, b.text]'), 'b.text'],
  ['unknown-port', pipelineOf(shout, 'a.txt'), 'a.txt'],
  ['unknown-item', pipelineOf(shout.replace('inputs.text', '[inputs.text, item]')), 'item'],
  [
    'bad-each',
    pipelineOf(`${shout}\nb: { each: a.text, operator: shout, inputs: { text: a.text } }`, 'b.text'),
    'a.text',
  ],
  [
    'nested-each',
    pipelineOf(`${split}\nb: { each: s.parts, operator: split, inputs: { text: item } }`, 'b.parts'),
    'b.parts',
  ],
  ['cycle', pipelineOf(shout.replace('inputs.text', '[inputs.text, a.text]')), 'a.text'],
  ['unused-stage', pipelineOf(`${shout}\n${embed}`), 'e'],
  [
    'unused-input',
    pipelineOf(shout, 'a.text', 'text: { datatype: BYTES, shape: [1] }, more: { datatype: FP32 }'),
    'more',
  ],
  ['bad-expression', withKey('when: inputs.text == 3'), 'inputs.text == 3'],
  ['expression-not-boolean', withKey('when: inputs.text'), 'inputs.text'],
  ['bad-state', withKey('state: { state: text }'), 'state'],
  ['unknown-operator', pipelineOf(shout.replace('shout', 'shouts')), 'shouts'],
  ['operator-failed', pipelineOf(shout.replace('shout', './throws.mjs')), './throws.mjs'],
  ['unknown-parameter', withKey('params: { loud: 3 }'), 'loud'],
  ['missing-parameter', pipelineOf(shout.replace('shout', 'model')), 'a'],
  [
    'bad-parameter',
    pipelineOf(
      embed
        .replace(' }', ' }, params: { size: 0 }')
        .replace('} }, params: { size: 0 }', '}, params: { size: 0 } }'),
      'e.vector',
    ),
    '0',
  ],
  [
    'missing-file',
    pipelineOf(shout.replace('shout', 'model').replace(' }', ' }, params: { model: none.onnx }')),
    'none.onnx',
  ],
  ['not-onnx', pipelineOf(shout.replace('shout', 'broken').replace(' }', ' }, params: {}')), '{}'],
  ['missing-input', pipelineOf(shout.replace('shout', 'recurrent')), 'inputs'],
  ['unknown-operator-input', pipelineOf(shout.replace('{ text', '{ texts')), 'texts'],
  ['datatype-mismatch', pipelineOf(`${embed}\n${shout.replace('inputs.text', 'e.vector')}`), 'e.vector'],
  ['shape-mismatch', inputs('{ datatype: BYTES, shape: [2] }'), 'inputs.text'],
  ['list-mismatch', pipelineOf(`${split}\n${shout.replace('inputs.text', 's.parts')}`), 's.parts'],
];

const plans: readonly [DiagnosticCode, string, string][] = [
  ['wrong-pipeline', plan('s b', 'other'), 'other'],
  ['unplaced-stage', plan('s'), 'groups'],
  ['repeated-stage', plan('s b s'), 's'],
  ['mixed-scopes', plan('s,b'), 'b'],
];

const hardware: readonly [DiagnosticCode, string, string][] = [
  ['unknown-hardware', 'types: { cpu: { device: cpu, price: 1 } }\nlimits: { cpus: 3 }', 'cpus'],
  ['missing-price', 'types: { cpu: { device: cpu } }', 'cpu'],
];

const keys: readonly [DiagnosticCode, string, string][] = [
  ['bad-hash', '- { name: a, sha256: secret }', 'secret'],
  [
    'repeated-key',
    `- { name: a, sha256: ${'a'.repeat(64)} }\n  - { name: a, sha256: ${'b'.repeat(64)} }`,
    'a',
  ],
  ['unknown-pipeline', `- { name: a, sha256: ${'a'.repeat(64)}, pipelines: [orc] }`, 'orc'],
];

const profile = (scale: string, batches: string): string =>
  `{ "millrace": "profile/1", "pipeline": "test", "hardware": "cpu",
     "stages": { "a": { "scale": ${scale}, "batches": ${batches} } } }`;
const profiles: readonly [DiagnosticCode, string, string][] = [
  ['json-syntax', 'millrace: profile/1', 'm'],
  ['missing-times', profile('{ "mean": 1 }', '{ "1": {} }'), '"1"'],
  ['bad-batch', profile('{ "mean": 1 }', '{ "one": { "mean": 5 } }'), '"one"'],
  ['bad-percentage', profile('{ "mean": 1 }', '{ "1": { "quantiles": { "101": 5 } } }'), '"101"'],
  ['bad-samples', profile('{ "samples": [1, 1.5] }', '{ "1": { "mean": 5 } }'), '1.5'],
  ['odd-samples', profile('{ "mean": 3, "samples": [1, 1] }', '{ "1": { "mean": 5 } }'), '3'],
  ['falling-time', profile('{ "mean": 1 }', '{ "1": { "mean": 5 }, "2": { "mean": 4 } }'), '"2"'],
];

const traces: readonly [DiagnosticCode, string, string][] = [
  ['missing-arrivals', 'arrival\n', 'arrival'],
  ['bad-header', 'time\n1\n2\n', 'time'],
  ['bad-arrival', 'arrival\n1\nsoon\n', 'soon'],
  ['unsorted-arrival', 'arrival\n2\n1\n', '1'],
];

describe('every code', () => {
  const told = (diagnostics: readonly Diagnostic[]): [string, string][] => diagnostics.map(pointAt);

  test.each(pipelines)('%s', async (code, text, token) => {
    const { diagnostics } = await checkText(text, { directory, operators });
    expect(told(diagnostics)).toEqual([[code, token]]);
    expect(diagnostics[0]?.severity).toBe(diagnosticTable[code].severity);
  });

  test.each(plans)('%s', (code, text, token) => {
    expect(told(parsePlan(text, '', two).diagnostics)).toEqual([[code, token]]);
  });

  test.each(hardware)('%s', (code, text, token) => {
    const { diagnostics } = parseHardware(`millrace: hardware/1\n${text}\n`, '', { priced: true });
    expect(told(diagnostics)).toEqual([[code, token]]);
  });

  test.each(keys)('%s', (code, text, token) => {
    const { diagnostics } = parseKeys(`millrace: keys/1\nkeys:\n  ${text}\n`, '', ['ocr']);
    expect(told(diagnostics)).toEqual([[code, token]]);
    expect(diagnostics[0]?.severity).toBe(diagnosticTable[code].severity);
  });

  test.each(profiles)('%s', (code, text, token) => {
    const { diagnostics } = parseProfile(text);
    expect(told(diagnostics)).toEqual([[code, token]]);
    expect(diagnostics[0]?.severity).toBe(diagnosticTable[code].severity);
  });

  test.each(traces)('%s', (code, text, token) => {
    expect(told(parseTrace(text).diagnostics)).toEqual([[code, token]]);
  });

  test('is shown by a test above, and says what it means', () => {
    const shown = [pipelines, plans, hardware, keys, profiles, traces].flat().map(([code]) => code);
    expect(new Set(shown)).toEqual(new Set(Object.keys(diagnosticTable)));
    for (const { meaning } of Object.values(diagnosticTable)) expect(meaning).not.toBe('');
  });
});
