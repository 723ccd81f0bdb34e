import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { tensor, textOf, type BytesTensor, type NumericTensor } from '../../../operators/index.ts';
import { decodeCtc } from '../../../operators/ocr/ctc.ts';
import { charactersOf, operator } from '../../../operators/ocr/text.ts';
import { start } from '../start.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
afterAll(() => rmSync(folder, { recursive: true }));

const letters = ['', 'a', 'b', 'c', ' '];

/** Probabilities under which each step's class is the likeliest. */
function steps(path: readonly number[], likeliest = 0.8): Float32Array {
  const rest = (1 - likeliest) / (letters.length - 1);
  return Float32Array.from(path.flatMap(best => letters.map((_, i) => (i === best ? likeliest : rest))));
}

test('collapses repeats and drops blanks', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 30 }), path => {
      const { text, score } = decodeCtc(steps(path), path.length, letters);
      const collapsed = path.filter((best, i) => best !== path[i - 1] && best !== 0);
      expect(text).toBe(collapsed.map(best => letters[best]).join(''));
      expect(score).toBeCloseTo(collapsed.length > 0 ? 0.8 : 0, 6);
    }),
  );
});

test('finds the likeliest class where none has a half', () => {
  expect(decodeCtc(steps([1, 2, 0, 2, 3], 0.3), 5, letters).text).toBe('abbc');
});

test('spells out, trims, and scores', async () => {
  const keys = join(folder, 'keys.txt');
  writeFileSync(keys, 'a\nb\nc');
  const { run } = await start(operator, { keys });
  const path = [4, 1, 1, 0, 4, 2, 4];
  const out = await run({ characters: tensor('FP32', [path.length, 5], steps(path)) });
  expect(textOf(out['text'] as BytesTensor)).toBe('a b');
  expect(Number((out['score'] as NumericTensor).data[0])).toBeCloseTo(0.8, 6);
});

test('gives an empty text of score 0 where nothing is written', async () => {
  const keys = join(folder, 'three.txt');
  writeFileSync(keys, 'a\nb\nc');
  const { run } = await start(operator, { keys });
  for (const path of [[], [0, 0]]) {
    const out = await run({ characters: tensor('FP32', [path.length, 5], steps(path)) });
    expect([textOf(out['text'] as BytesTensor), (out['score'] as NumericTensor).data[0]]).toEqual(['', 0]);
  }
});

test.each([
  ['no final newline', 'a\nb'],
  ['a final newline', 'a\nb\n'],
  ['carriage returns', 'a\r\nb\r\n'],
  ['a byte order mark', '\uFEFFa\nb'],
])('reads a keys file with %s', (_name, keys) => {
  expect(charactersOf(keys)).toEqual(['', 'a', 'b', ' ']);
});

test('keeps white space that is a character', () => {
  expect(charactersOf('a\n\u3000\n \nb')).toEqual(['', 'a', '\u3000', ' ', 'b', ' ']);
});

test('says when the model has another number of classes', async () => {
  const keys = join(folder, 'two.txt');
  writeFileSync(keys, 'a\nb\n');
  const { refusal } = await start(operator, { keys });
  expect(await refusal({ characters: tensor('FP32', [1, 5], steps([1])) })).toMatchObject({
    code: 'stage-failed',
    message: 'the model has 5 classes, but its keys file makes 4: a blank, 2 lines and a space',
  });
});
