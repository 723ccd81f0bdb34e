import { describe, expect, test } from 'vitest';
import { float, tensor, text, bytes, type Value } from '../../operators/index.ts';
import { checkText, compileCondition, parsePipeline, type Condition } from '../../pipelines/index.ts';
import { mistakesIn, operators, pipelineOf, pointAt } from '../support/pipelines.ts';

const file = (when: string): string =>
  pipelineOf(`
c: { operator: classify, inputs: { text: inputs.text } }
s: { operator: split, inputs: { text: inputs.text } }
e: { operator: embed, inputs: { text: inputs.text } }
a:
  operator: tuple
  when: ${when}
  inputs: { x: c.code, y: s.parts, z: e.vector }`);

function conditionOf(when: string): Condition {
  const { pipeline, diagnostics } = parsePipeline(file(when));
  expect(diagnostics).toEqual([]);
  return pipeline!.stages.find(({ name }) => name === 'a')!.when!;
}

function evaluate(when: string, ...values: (Value | undefined)[]): boolean {
  return compileCondition(conditionOf(when))(values);
}

describe('a condition', () => {
  test('reads ports, each once, but not what its macros bind', () => {
    const when =
      's.parts.exists(p, p == c.code) && c.code != inputs.text && cel.bind(t, c.score, t > 0.5 && t < 2.0)';
    expect(conditionOf(when).references).toEqual([
      { kind: 'port', stage: 's', port: 'parts' },
      { kind: 'port', stage: 'c', port: 'code' },
      { kind: 'input', name: 'text' },
      { kind: 'port', stage: 'c', port: 'score' },
    ]);
  });

  test.each([
    'c.code != "en"',
    'c.score > 0.5 && c.score > 0',
    'c.count == 3 || c.count > 2.5',
    'c.sure',
    '"!c.sure"',
    'c.scores.exists(s, s > 0.5)',
    'size(c.scores) == 3',
    's.parts.size() > 1 && s.parts.all(p, p.startsWith("x"))',
    `'"a" in s.parts'`,
    'has(c.code) && c.code == "en"',
    'c.any == 3 || c.any.exists(x, x > 1.0)',
    'e.a.b.size() == 4',
    `'c.code in ["en", "de"] ? c.sure : false'`,
  ])('%s fits its ports', async when => {
    expect(await mistakesIn(file(when))).toEqual([]);
  });

  test.each([
    ['c.code == 3', 'bad-expression', 'c.code == 3'],
    ['c.code', 'expression-not-boolean', 'c.code'],
    ['c.score + 1.0', 'expression-not-boolean', 'c.score + 1.0'],
    ['c.cod == "en"', 'unknown-port', 'c.cod'],
    ['d.code == "en"', 'unknown-stage', 'd.code'],
    ['inputs.txt == "en"', 'unknown-input', 'inputs.txt'],
    ['item == "en"', 'unknown-item', 'item'],
    ['c == "en"', 'bad-expression', 'c'],
    ['nothing', 'bad-expression', 'nothing'],
    ['(c.code == )', 'bad-expression', ')'],
    ['c.scores > 0.5', 'bad-expression', 'c.scores > 0.5'],
    ['nonsense(c.code)', 'bad-expression', 'nonsense(c.code)'],
    ['3', 'bad-type', '3'],
    ['!c.sure', 'yaml-syntax', '!c.sure'],
    ['"1 + 1"', 'expression-not-boolean', '"1 + 1"'],
    [`'c.code == c.cod'`, 'unknown-port', 'c.cod'],
  ])('%s is %s', async (when, code, token) => {
    expect(await mistakesIn(file(when))).toEqual([[code, token]]);
  });

  test('structure alone shows an expression that is no condition', () => {
    const { diagnostics } = parsePipeline(file('size(c.code) + 1'));
    expect(diagnostics.map(pointAt)).toEqual([['expression-not-boolean', 'size(c.code) + 1']]);
  });

  test('sees one element as itself, more as a list, integers as int', () => {
    expect(evaluate('c.code != "en"', text('de'))).toBe(true);
    expect(evaluate('c.code == ["a", "b"]', bytes([Buffer.from('a'), Buffer.from('b')]))).toBe(true);
    expect(evaluate('c.score > 1', float(1.5))).toBe(true);
    expect(evaluate('c.count == 3', tensor('INT64', [1], BigInt64Array.of(3n)))).toBe(true);
    expect(evaluate('c.count == 3', tensor('UINT8', [], Uint8Array.of(3)))).toBe(true);
    expect(evaluate('c.sure', tensor('BOOL', [1], Uint8Array.of(1)))).toBe(true);
    expect(evaluate('c.scores[1] == 2.0', tensor('FP64', [2], Float64Array.of(1, 2)))).toBe(true);
    expect(evaluate('c.any == -1.5', tensor('FP16', [1], Uint16Array.of(0xbe00)))).toBe(true);
    expect(evaluate('s.parts.exists(p, p == "b")', [text('a'), text('b')])).toBe(true);
    expect(evaluate('e.a.b == [1.0, 2.0]', tensor('FP32', [2], Float32Array.of(1, 2)))).toBe(true);
    expect(evaluate('s.parts.size() == 0', [])).toBe(true);
  });

  test('an absent value is one that has() denies', () => {
    expect(evaluate('has(c.code)', undefined)).toBe(false);
    expect(evaluate(`'!has(c.code) || c.code == "en"'`, undefined)).toBe(true);
    expect(() => evaluate('c.code == "en"', undefined)).toThrow('c.code == "en" failed: No such key: code');
  });

  test('throws where it fails or gives no boolean', () => {
    expect(() => evaluate('c.any == 1.0 / 0.0 || c.any[5] > 0.0', [])).toThrow('failed');
    expect(() => evaluate('c.any', float(1))).toThrow('gave number, not true or false');
  });

  test('of a per-item stage reads its item, and all items of another', async () => {
    const stages = (when: string): string =>
      pipelineOf(`
s: { operator: split, inputs: { text: inputs.text } }
b: { each: s.parts, operator: shout, inputs: { text: item } }
a: { each: { x: b.text, y: s.marks }, when: '${when}', operator: shout, inputs: { text: item.x } }`);
    const check = async (when: string) =>
      (await checkText(stages(when), { directory: import.meta.dirname, operators })).diagnostics.map(pointAt);
    expect(await check('item.x == "en" && item.y != "de" && b.text.size() > 1')).toEqual([]);
    expect(await check('b.text == "en"')).toEqual([['bad-expression', 'b.text == "en"']]);
  });
});
