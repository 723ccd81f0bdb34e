/** JSON whose numbers keep their digits: integers that a double can't hold are read as bigints. */
import { parse } from 'lossless-json';
import { MillraceError } from '../errors.ts';

/** Only a text with so many digits in a row can hold an integer that a double rounds. */
const manyDigits = /\d{16}/;
/** What the JSON of TensorFlow Serving allows where a number stands. */
const bare = /-?\b(?:NaN|Inf(?:inity)?)\b/g;
const integer = /^-?\d+$/;
/** No double is as large as an integer of more digits; and of millions, reading them exactly takes seconds. */
const mostDigits = 400;

function numberOf(text: string): number | bigint {
  const value = Number(text);
  if (!integer.test(text) || Number.isSafeInteger(value)) return value;
  if (text.length <= mostDigits) return BigInt(text);
  throw new SyntaxError(`an integer has ${text.length} digits; at most ${mostDigits} are read`);
}

function unreadable(error: unknown): MillraceError {
  const nested = error instanceof RangeError;
  const why = nested ? 'its lists are nested too deeply' : (error as Error).message;
  return new MillraceError('invalid-input', `the body can't be read as JSON: ${why}`);
}

/**
 * Reads JSON. Integers beyond 2^53 are bigints, all other numbers doubles.
 * @throws MillraceError `invalid-input` if it is none
 */
export function parseJson(text: string): unknown {
  try {
    // The native reader is ten times as fast, and as exact for nearly every text.
    return manyDigits.test(text) ? parse(text, null, numberOf) : JSON.parse(text);
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * `parseJson` that takes bare NaN and Infinity too, as TensorFlow Serving does.
 * @throws MillraceError `invalid-input` if it is no such text
 */
export function parseLenientJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    // Texts that hold these words within strings alone, as much base64 does, are JSON as they are.
    if (!/NaN|Inf/.test(text)) throw error;
  }
  const parsed = parseJson(withMarks(text));
  try {
    return withNumbers(parsed);
  } catch (error) {
    throw unreadable(error);
  }
}

/** No JSON text can hold these numbers as they are, so they travel as texts that nobody else writes. */
const mark = '\u{e000}';
const marked = new Map(
  Object.entries({
    NaN,
    '-NaN': NaN,
    Inf: Infinity,
    '-Inf': -Infinity,
    Infinity,
    '-Infinity': -Infinity,
  }).map(([token, value]) => [mark + token, value]),
);

/** The text with every bare token outside of strings as a marked string. One expression for both would recurse. */
function withMarks(text: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const open = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, open).replace(bare, token => `"${mark}${token}"`));
    at = endOfString(text, open);
    parts.push(text.slice(open, at));
  }
  return parts.join('');
}

/** The place behind the string that begins at `open`. */
function endOfString(text: string, open: number): number {
  let close = open;
  for (;;) {
    close = text.indexOf('"', close + 1);
    if (close < 0) return text.length;
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return close + 1;
  }
}

function withNumbers(value: unknown): unknown {
  if (typeof value === 'string') return marked.get(value) ?? value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]));
}
