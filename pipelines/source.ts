import { LineCounter } from 'yaml';
import { diagnosticTable, type Diagnostic, type DiagnosticCode, type Excerpt } from './diagnostic.ts';

/** Offsets into a text; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** Where a value stands, and the key that it stands under. */
interface Spot {
  key?: Span;
  value: Span;
}

/** Widest line an excerpt shows. */
const maxExcerpt = 160;

/** A JSON Pointer to a value of a file: `/stages/read/inputs`. */
export function pointer(...segments: readonly (string | number)[]): string {
  return segments.map(segment => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The keys that a JSON Pointer is made of. */
export function keysOf(at: string): string[] {
  return at
    .split('/')
    .slice(1)
    .map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands at a JSON Pointer of a value; undefined where nothing does. */
export function valueAt(value: unknown, at: string): unknown {
  let node = value;
  for (const key of keysOf(at)) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as Readonly<Record<string, unknown>>)[key];
  }
  return node;
}

/** A file being read: its text, the value it holds, where every part of that stands, and the mistakes found. */
export class SourceFile {
  readonly file: string;
  readonly text: string;
  /** What the file holds, as plain data; undefined if it could not be read. */
  value: unknown;
  readonly #lines = new LineCounter();
  readonly #spots = new Map<string, Spot>();
  readonly #mistakes: { start: number; diagnostic: Diagnostic }[] = [];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.#lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
      this.#lines.addNewLine(at + 1);
  }

  /** Notes where the value at a pointer stands. */
  place(at: string, spot: Spot): void {
    this.#spots.set(at, spot);
  }

  has(at: string): boolean {
    return this.#spots.has(at);
  }

  /** The value at a JSON Pointer; undefined where there is none. */
  valueAt(at: string): unknown {
    return valueAt(this.value, at);
  }

  /** Where the value at a pointer stands; of the nearest parent that is there, if it is not. */
  spanOf(at: string): Span {
    return this.#spotOf(at).value;
  }

  /** Where the key of a pointer stands; the value, where there is no key. */
  keyOf(at: string): Span {
    const spot = this.#spotOf(at);
    return spot.key ?? spot.value;
  }

  /** Where a part of the text at a pointer stands; the whole of it, where escapes or folds hide the part. */
  within(at: string, text: string, part: Span): Span {
    const whole = this.spanOf(at);
    const offset = this.text.slice(whole.start, whole.end).indexOf(text);
    if (offset < 0) return whole;
    return { start: whole.start + offset + part.start, end: whole.start + offset + part.end };
  }

  /** Collects a mistake. The same mistake at the same place counts once. */
  mistake(code: DiagnosticCode, at: Span, message: string, suggestion?: string): void {
    const start = Math.min(at.start, this.text.length);
    const { line, col: column } = this.#lines.linePos(start);
    const known = this.#mistakes.some(
      other =>
        other.start === start && other.diagnostic.code === code && other.diagnostic.message === message,
    );
    if (known) return;
    const diagnostic: Diagnostic = {
      code,
      severity: diagnosticTable[code].severity,
      file: this.file,
      line,
      column,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
      excerpt: this.#excerpt(line, column, at.end - start),
    };
    this.#mistakes.push({ start, diagnostic });
  }

  /** The mistakes so far, in the order of the text. */
  get diagnostics(): Diagnostic[] {
    return this.#mistakes.toSorted((a, b) => a.start - b.start).map(({ diagnostic }) => diagnostic);
  }

  #spotOf(at: string): Spot {
    for (let path = at; ; path = path.slice(0, path.lastIndexOf('/'))) {
      const spot = this.#spots.get(path);
      if (spot) return spot;
      if (path === '') return { value: { start: 0, end: 1 } };
    }
  }

  #excerpt(line: number, column: number, length: number): Excerpt {
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const end = this.#lines.lineStarts[line] ?? this.text.length + 1;
    let text = this.text.slice(start, end - 1).replace(/\r$/, '');
    const from = text.length > maxExcerpt ? Math.max(0, Math.min(column - 60, text.length - maxExcerpt)) : 0;
    if (text.length > maxExcerpt) text = text.slice(from, from + maxExcerpt);
    const left = Math.min(column - 1 - from, text.length);
    const room = text.slice(left).trimEnd().length;
    return { text, column: left + 1, length: Math.max(1, Math.min(length, room)) };
  }
}
