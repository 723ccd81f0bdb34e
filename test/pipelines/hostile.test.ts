import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkText, parsePipeline } from '../../pipelines/index.ts';
import { operators, pipelineOf, pointAt } from '../support/pipelines.ts';

const valid = pipelineOf(`
s: { operator: split, inputs: { text: inputs.text } }
b: { each: s.parts, when: item != "x", operator: shout, inputs: { text: item }, timeout: 2 s }
e: { operator: embed, inputs: { text: inputs.text }, params: { size: 3 }, outputs: { v: a.b } }
a: { operator: tuple, inputs: { x: [b.text, inputs.text], y: e.v } }`);

const aliases = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`,
  ),
].join('\n');

const nesting = Array.from({ length: 60 }, (_, level) =>
  level === 0 ? 'a0: &a0 x' : `a${level}: &a${level} [*a${level - 1}]`,
);

describe('a text that is no pipeline', () => {
  test.each([
    ['is empty', '', 'not-a-mapping'],
    ['is only a comment', '# nothing', 'not-a-mapping'],
    ['is a list', '[1]', 'not-a-mapping'],
    ['is a word', 'pipeline', 'not-a-mapping'],
    ['is two documents', 'a: 1\n---\nb: 2', 'yaml-syntax'],
    ['is indented with tabs', '\ta: 1', 'yaml-syntax'],
    ['has a bracket open', 'a: [1, 2', 'yaml-syntax'],
    ['has a quote open', 'a: "b', 'yaml-syntax'],
    ['has a tag', 'a: !!binary aGk=', 'yaml-syntax'],
    ['has a directive', '%FOO\n---\na: 1', 'yaml-syntax'],
    ['has a list as a key', '? [a]\n: 1', 'yaml-syntax'],
    ['has null as a key', 'null: 1', 'yaml-syntax'],
    ['has a merge key', 'a: &a { b: 1 }\nc: { <<: *a }', 'yaml-syntax'],
    ['has an alias to nothing', 'a: *b', 'yaml-syntax'],
    ['has an alias to itself', '&a [*a]', 'yaml-syntax'],
    ['has an alias as a key', 'a: &a b\n*a : c', 'yaml-syntax'],
    ['has aliases that stand for billions', aliases, 'too-large'],
    ['has aliases that nest', nesting.join('\n'), 'too-large'],
    ['nests in brackets', '['.repeat(100_000), 'too-large'],
    ['nests in dashes', '- '.repeat(100_000), 'too-large'],
    ['nests in braces', '{ a: '.repeat(100_000), 'too-large'],
    ['nests in question marks', '? '.repeat(100_000), 'too-large'],
    ['has too many values', 'a: ['.concat('b, '.repeat(20_001), ']'), 'too-large'],
    ['is larger than 1 MiB', `a: ${'b'.repeat(1024 ** 2)}`, 'too-large'],
  ])('and %s is one mistake', (_, text, code) => {
    expect(parsePipeline(text).diagnostics.map(({ code }) => code)).toEqual([code]);
  });

  test('may name a prototype', () => {
    const diagnose = (text: string) => parsePipeline(text).diagnostics.map(pointAt);
    const stage = 'a: { operator: shout, inputs: { text: inputs.text } }';
    expect(diagnose(pipelineOf(`${stage}\n__proto__: { operator: x }`))).toEqual([['bad-name', '__proto__']]);
    const half = String.raw`"a\uD800"`;
    expect(diagnose(pipelineOf(`${stage}\n${half}: { operator: x }`))).toEqual([['bad-name', half]]);
    expect(diagnose(pipelineOf(`${stage}\nconstructor: { operator: x }`))).toEqual([
      ['bad-name', 'constructor'],
    ]);
    expect(diagnose(pipelineOf(stage, 'toString.text'))).toEqual([['unknown-stage', 'toString.text']]);
    expect(diagnose(pipelineOf(stage.replace('inputs.text', 'inputs.valueOf')))).toEqual([
      ['unknown-input', 'inputs.valueOf'],
    ]);
    expect(({} as Record<string, unknown>)['operator']).toBeUndefined();
  });
});

describe('a text of another make', () => {
  test.each([
    ['CRLF', valid.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\u{feff}${valid}`],
    ['comments and blank lines', `# a\n\n${valid}\n\n# b\n`],
    ['a document marker', `---\n${valid}`],
    [
      'anchors and aliases',
      valid
        .replace('inputs.text }', '&text inputs.text }')
        .replace('text: inputs.text }, params', 'text: *text }, params'),
    ],
    [
      'JSON',
      JSON.stringify({
        millrace: 'pipeline/1',
        name: 'j',
        inputs: {},
        stages: { a: { operator: 'x' } },
        outputs: { o: 'a.b' },
      }),
    ],
  ])('with %s is read alike', (_, text) => {
    const { pipeline, diagnostics } = parsePipeline(text);
    expect(diagnostics).toEqual([]);
    expect(pipeline).toBeDefined();
  });

  test('with CRLF points at the same place', () => {
    const mistaken = valid.replace('e.v }', 'e.w, z: ee.v }');
    const places = (text: string) =>
      parsePipeline(text).diagnostics.map(({ line, column }) => [line, column]);
    expect(places(mistaken)).not.toEqual([]);
    expect(places(mistaken.replaceAll('\n', '\r\n'))).toEqual(places(mistaken));
  });
});

describe('whatever the text is', () => {
  const check = async (text: string): Promise<void> => {
    const { pipeline, diagnostics } = await checkText(text, { directory: import.meta.dirname, operators });
    expect(pipeline === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  };

  test('the answer is diagnostics: noise', async () => {
    await expect(
      fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 100 }),
    ).resolves.toBeUndefined();
  });

  test('the answer is diagnostics: a valid file with parts cut, doubled and moved', async () => {
    const cut = fc.tuple(fc.nat(valid.length), fc.nat(40), fc.nat(valid.length), fc.boolean());
    const mutated = fc.array(cut, { minLength: 1, maxLength: 4 }).map(cuts =>
      cuts.reduce((text, [from, length, to, keep]) => {
        const part = text.slice(from, from + length);
        const rest = keep ? text : text.slice(0, from) + text.slice(from + length);
        return rest.slice(0, to) + part + rest.slice(to);
      }, valid),
    );
    await expect(fc.assert(fc.asyncProperty(mutated, check), { numRuns: 150 })).resolves.toBeUndefined();
  });

  test('the answer is diagnostics: a valid file with any value in any place', async () => {
    const tokens = [...valid.matchAll(/[^\s,[\]{}:]+/g)];
    const value = fc.oneof(
      fc.constantFrom(
        'null',
        '3',
        '-1.5',
        'true',
        '[]',
        '{}',
        '[[1]]',
        '{ a: b }',
        '""',
        '.inf',
        'item',
        'a.a',
        'inputs.text',
        '!x',
        '*a',
        '&a',
      ),
      fc.json({ maxDepth: 2 }),
    );
    const replaced = fc
      .tuple(fc.constantFrom(...tokens), value)
      .map(
        ([token, text]) => valid.slice(0, token.index) + text + valid.slice(token.index + token[0].length),
      );
    await expect(fc.assert(fc.asyncProperty(replaced, check), { numRuns: 200 })).resolves.toBeUndefined();
  });
});
