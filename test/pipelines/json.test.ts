import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxJsonLength, pointer, readJson } from '../../pipelines/index.ts';
import { pointAt } from '../support/pipelines.ts';

const mistakes = (text: string) => readJson(text, '').diagnostics.map(pointAt);

describe('JSON', () => {
  it('is read as its standard says, whatever the blanks', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!/__proto__|\\ud[89a-f]/.test(text));
        const source = readJson(text, '');
        expect(source.diagnostics).toEqual([]);
        expect(source.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('knows where every value and key stands', () => {
    const text = '{\n  "a/b": [1, "two"],\n  "long": {\n    "x": null\n  }\n}';
    const source = readJson(text, '');
    const at = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
    expect(at(source.spanOf(pointer('a/b')))).toBe('[1, "two"]');
    expect(at(source.spanOf(pointer('a/b', 1)))).toBe('"two"');
    expect(at(source.keyOf('/long/x'))).toBe('"x"');
    // Of several lines: pointed at by its key.
    expect(at(source.spanOf('/long'))).toBe('"long"');
  });

  it.each([
    ['{ "a": 1, }', '}', 'a key in double quotes must stand here'],
    ['{ a: 1 }', 'a', 'a key in double quotes must stand here'],
    ['{ "a" 1 }', '1', '":" must stand here'],
    ['{ "a": 1 "b": 2 }', '"', '"," or "}" must stand here'],
    ['[1 2]', '2', '"," or "]" must stand here'],
    ['[NaN]', 'N', 'a value must stand here'],
    ['[01]', '1', '"," or "]" must stand here'],
    ['["a\tb"]', '"', 'this text has no end, or characters JSON does not take'],
    ['{} {}', '{', 'the file should end here'],
    ['{ "a": [1, 2', '2', 'the file ends here; "," or "]" must stand here'],
  ])('%j is answered with what must stand where', (text, token, message) => {
    const { value, diagnostics } = readJson(text, '');
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'json-syntax', message }]);
    expect(diagnostics.map(pointAt)).toEqual([['json-syntax', token]]);
  });

  it('a name given twice, or one that no mapping can hold, is a mistake', () => {
    expect(mistakes('{ "a": 1, "a": [2, { "a": 3 }] }')).toEqual([['duplicate-key', '"a"']]);
    expect(mistakes('{ "__proto__": { "a": 1 } }')).toEqual([['bad-name', '"__proto__"']]);
    expect(mistakes(String.raw`{ "\ud800": 1 }`)).toEqual([['bad-name', String.raw`"\ud800"`]]);
  });

  it('may not be too deep or too long', () => {
    expect(mistakes('['.repeat(100_000))).toEqual([['too-large', '[']]);
    expect(mistakes(`"${'a'.repeat(maxJsonLength)}"`)[0]![0]).toBe('too-large');
  });

  it('nothing it is given makes it throw', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '1',
      '-',
      'e',
      'true',
      'nul',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece), pieces => {
        const { value, diagnostics } = readJson(pieces.join(''), '');
        const unreadable = diagnostics.some(({ code }) => code === 'json-syntax' || code === 'too-large');
        expect(value === undefined).toBe(unreadable);
      }),
    );
  });
});
