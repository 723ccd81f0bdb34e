/** JSON as TensorFlow Serving writes it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError, parseLenientJson } from '../../../operators/index.ts';

describe('lenient JSON', () => {
  it('takes bare numbers that JSON does not have', () => {
    expect(parseLenientJson('{"a": [NaN, -NaN, Infinity, -Infinity, Inf, -Inf, 1]}')).toEqual({
      a: [NaN, NaN, Infinity, -Infinity, Infinity, -Infinity, 1],
    });
    expect(parseLenientJson('NaN')).toBeNaN();
  });

  it('leaves the same words within texts and keys alone', () => {
    const text = String.raw`{"NaN": "a \" NaN, -Infinity \\", "b\\": [NaN, "Inf"]}`;
    expect(parseLenientJson(text)).toEqual({ NaN: 'a " NaN, -Infinity \\', 'b\\': [NaN, 'Inf'] });
  });

  it('keeps every digit of large integers beside them', () => {
    expect(parseLenientJson('[9007199254740993, NaN]')).toEqual([9007199254740993n, NaN]);
  });

  it.each(['[1NaN]', '[NaN', '["NaN', 'Infinite', '[+Infinity]', '[- Infinity]', '[nan]'])(
    'refuses %s',
    text => {
      expect(() => parseLenientJson(text)).toThrow(MillraceError);
    },
  );

  it('reads a large text that only happens to hold such a word', () => {
    const base64 = `${'a'.repeat(20_000_000)}NaN`;
    expect(parseLenientJson(`{"b64": "${base64}"}`)).toEqual({ b64: base64 });
    expect(parseLenientJson(`{"b64": "${base64}", "score": NaN}`)).toEqual({ b64: base64, score: NaN });
  });

  it('refuses what is nested too deeply', () => {
    const depth = 200_000;
    const text = `${'['.repeat(depth)}NaN${']'.repeat(depth)}`;
    expect(() => parseLenientJson(text)).toThrow(/nested too deeply/);
  });

  it('reads all that JSON.parse reads, to the same, also beside what it does not', () => {
    fc.assert(
      fc.property(fc.json(), json => {
        fc.pre(!/\d{16}/.test(json));
        expect(parseLenientJson(json)).toEqual(JSON.parse(json));
        expect(parseLenientJson(`[${json}, -Inf]`)).toEqual([JSON.parse(json), -Infinity]);
      }),
    );
  });
});
