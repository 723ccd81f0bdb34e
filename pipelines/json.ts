import { pointer, SourceFile, type Span } from './source.ts';

/** Characters of the largest file that is read: profiles hold a number for each query that was observed. */
export const maxJsonLength = 16 * 1024 ** 2;
/** Collections within each other. The reader recurses. */
const maxDepth = 48;

// Sticky, so that they match at `lastIndex` or not at all.
const blank = /[ \t\r\n]*/y;
// oxlint-disable-next-line no-control-regex -- JSON has no bare control characters in its texts
const text = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[^"\\\u0000-\u001f]*)*"/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;

class Unreadable extends Error {}

/**
 * Reads JSON (RFC 8259) as plain data with positions, in one pass: tens of thousands of values in a few hundredths of
 * a second. Whatever the text is, nothing is thrown: mistakes are in `diagnostics`, and `value` is undefined after
 * one of syntax or of size. An empty text holds null.
 */
export function readJson(text: string, file: string): SourceFile {
  const source = new SourceFile(file, text.replace(/^\u{feff}/u, ''));
  if (text.length > maxJsonLength) {
    source.mistake(
      'too-large',
      { start: 0, end: 1 },
      `the file is larger than ${maxJsonLength / 1024 ** 2} MiB`,
    );
    return source;
  }
  try {
    source.value = source.text.trim() === '' ? null : new Reader(source).read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  return source;
}

class Reader {
  readonly #source: SourceFile;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(source: SourceFile) {
    this.#source = source;
    this.#text = source.text;
  }

  read(): unknown {
    const value = this.#value('', undefined);
    if (this.#at < this.#text.length) this.#fail('the file should end here');
    return value;
  }

  /** The value at hand, and the blanks around it. */
  #value(at: string, key: Span | undefined): unknown {
    this.#token(blank);
    const start = this.#at;
    const value = this.#bare(at);
    const span = { start, end: this.#at };
    // A collection of several lines is pointed at by its key.
    const long =
      typeof value === 'object' && value !== null && this.#text.slice(start, this.#at).includes('\n');
    this.#source.place(at, key ? { key, value: long ? key : span } : { value: span });
    this.#token(blank);
    return value;
  }

  #bare(at: string): unknown {
    const next = this.#text[this.#at];
    if (next === '{' || next === '[') {
      if (++this.#depth > maxDepth)
        this.#fail(`more than ${maxDepth} collections within each other`, 'too-large');
      this.#at++;
      const value = next === '{' ? this.#mapping(at) : this.#list(at);
      this.#depth--;
      return value;
    }
    const token = this.#token(next === '"' ? text : number) ?? this.#token(word);
    if (token === null)
      return this.#fail(
        next === '"' ? 'this text has no end, or characters JSON does not take' : 'a value must stand here',
      );
    return JSON.parse(token);
  }

  #list(at: string): unknown[] {
    const list: unknown[] = [];
    this.#token(blank);
    if (this.#takes(']')) return list;
    do list.push(this.#value(`${at}/${list.length}`, undefined));
    while (this.#takes(','));
    if (!this.#takes(']')) this.#fail('"," or "]" must stand here');
    return list;
  }

  #mapping(at: string): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    this.#token(blank);
    if (this.#takes('}')) return mapping;
    do this.#entry(at, mapping);
    while (this.#takes(','));
    if (!this.#takes('}')) this.#fail('"," or "}" must stand here');
    return mapping;
  }

  #entry(at: string, mapping: Record<string, unknown>): void {
    this.#token(blank);
    const start = this.#at;
    const token = this.#token(text) ?? this.#fail('a key in double quotes must stand here');
    const key = { start, end: this.#at };
    this.#token(blank);
    if (!this.#takes(':')) this.#fail('":" must stand here');
    const name = JSON.parse(token) as string;
    const known = Object.hasOwn(mapping, name);
    const taken = !known && name !== '__proto__' && !/\p{Surrogate}/u.test(name);
    // What is dropped is read to its end all the same, under a pointer that nothing asks for.
    const value = this.#value(taken ? at + pointer(name) : `${at}/~`, key);
    if (taken) mapping[name] = value;
    else if (known) this.#source.mistake('duplicate-key', key, `"${name}" is already given above`);
    else this.#source.mistake('bad-name', key, `${JSON.stringify(name)} cannot be a name`);
  }

  /** Takes one character and the blanks after it, if it is the next. */
  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #token(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined) return null;
    this.#at += token.length;
    return token;
  }

  #fail(message: string, code: 'json-syntax' | 'too-large' = 'json-syntax'): never {
    const ended = this.#at >= this.#text.length;
    // A file that was cut off is shown by its last character.
    const start = ended ? this.#text.trimEnd().length - 1 : this.#at;
    this.#source.mistake(code, { start, end: start + 1 }, ended ? `the file ends here; ${message}` : message);
    throw new Unreadable();
  }
}
