import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type CST,
  type Document,
  type Node,
} from 'yaml';
import { SourceFile, type Span } from './source.ts';

/** Bytes of the largest file that is read. */
export const maxBytes = 1024 ** 2;
/** Collections within each other. The composer recurses, so it must never be given more. */
const maxDepth = 48;
/** Values of a file once its aliases are followed: small files can stand for billions. */
const maxValues = 20_000;
/** An escape can write half of a surrogate pair, which no pointer to a value can hold. */
const halfCharacter = /\p{Surrogate}/u;

class TooDeep extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super('too deep');
    this.offset = offset;
  }
}

/**
 * Reads YAML 1.2 as plain data with positions. Whatever the text is, nothing is thrown: mistakes are in
 * `diagnostics`, and `value` is undefined after a mistake of syntax or of size.
 */
export function readYaml(text: string, file: string): SourceFile {
  const source = new SourceFile(file, text.replace(/^\u{feff}/u, ''));
  const origin = { start: 0, end: 1 };
  if (Buffer.byteLength(text) > maxBytes) {
    source.mistake('too-large', origin, 'the file is larger than 1 MiB');
    return source;
  }
  try {
    const document = compose(source);
    if (document) new Reader(source).read(document.contents as Node | null);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const at = { start: error.offset, end: error.offset + 1 };
    source.mistake('too-large', at, `more than ${maxDepth} collections within each other`);
  }
  return source;
}

/** The one document of a text, or undefined after a mistake of syntax. Later mistakes follow from the first. */
function compose(source: SourceFile): Document.Parsed | undefined {
  const composer = new Composer({ schema: 'core', resolveKnownTags: false, uniqueKeys: false, merge: false });
  const [document, second] = composer.compose(tokens(source.text), true, source.text.length);
  const first = [...document!.errors, ...document!.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (first) {
    // `when: !ready.yes` is an easy slip.
    const tag = first.code === 'TAG_RESOLVE_FAILED';
    const message = tag
      ? 'YAML takes this for a tag; put a value that starts with ! in quotes'
      : first.message;
    source.mistake('yaml-syntax', { start: first.pos[0], end: first.pos[1] }, message);
    return undefined;
  }
  if (second) {
    source.mistake(
      'yaml-syntax',
      { start: second.range[0], end: second.range[0] + 3 },
      'a second document; a file holds one',
    );
    return undefined;
  }
  return document;
}

function* tokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > maxDepth) throw new TooDeep(parser.offset);
  }
  yield* parser.end();
}

/** Turns nodes into plain data, noting where each stands. */
class Reader {
  readonly #source: SourceFile;
  readonly #anchors = new Map<string, Node>();
  /** Collections around the value at hand, to notice an alias to one of them. */
  readonly #open = new Set<Node>();
  #values = 0;
  #failed = false;

  constructor(source: SourceFile) {
    this.#source = source;
  }

  read(root: Node | null): void {
    const value = this.#plain(root, '', undefined);
    if (!this.#failed) this.#source.value = value;
  }

  #plain(node: Node | null | undefined, at: string, key: Span | undefined): unknown {
    if (this.#failed || !node) return null;
    if (++this.#values > maxValues)
      return this.#fail('too-large', spanOf(node), `more than ${maxValues} values`);
    this.#source.place(at, { ...(key && { key }), value: this.#tokenOf(node, key) });
    const target = isAlias(node) ? this.#anchors.get(node.source) : node;
    if (!target) return this.#fail('yaml-syntax', spanOf(node), 'an alias without its anchor before it');
    if (this.#open.has(target))
      return this.#fail('yaml-syntax', spanOf(node), 'an alias to what it is part of');
    if (!isAlias(target) && target.anchor !== undefined) this.#anchors.set(target.anchor, target);
    if (isScalar(target)) return this.#scalar(target.value, spanOf(node));
    if (this.#open.size > maxDepth)
      return this.#fail('too-large', spanOf(node), 'aliases that nest too deeply');
    this.#open.add(target);
    const value = isSeq(target)
      ? target.items.map((item, index) => this.#plain(item as Node | null, `${at}/${index}`, undefined))
      : this.#mapping(target, at);
    this.#open.delete(target);
    return value;
  }

  #mapping(node: Node, at: string): unknown {
    const mapping: Record<string, unknown> = {};
    for (const pair of isMap(node) ? node.items : []) {
      const keyNode = pair.key as Node;
      const span = spanOf(keyNode);
      const name = isScalar(keyNode) && keyNode.value !== null ? String(keyNode.value) : undefined;
      if (name === undefined) return this.#fail('yaml-syntax', span, 'a key must be a name');
      if (name === '<<')
        return this.#fail('yaml-syntax', span, 'merge keys are no part of YAML 1.2; write the keys out');
      if (name === '__proto__' || halfCharacter.test(name)) {
        this.#source.mistake('bad-name', span, `${JSON.stringify(name)} cannot be a name`);
      } else if (Object.hasOwn(mapping, name)) {
        this.#source.mistake('duplicate-key', span, `"${name}" is already given above`);
      } else {
        const path = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        mapping[name] = this.#plain(pair.value as Node | null, path, span);
      }
    }
    return mapping;
  }

  #scalar(value: unknown, at: Span): unknown {
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      return value;
    }
    return this.#fail('yaml-syntax', at, 'a value must be text, a number, true, false or null');
  }

  /** A collection of several lines is pointed at by its key. */
  #tokenOf(node: Node, key: Span | undefined): Span {
    const span = spanOf(node);
    if (!key) return span;
    if (span.end === span.start) return key;
    const collection = isMap(node) || isSeq(node);
    return collection && this.#source.text.slice(span.start, span.end).trimEnd().includes('\n') ? key : span;
  }

  #fail(code: 'yaml-syntax' | 'too-large', at: Span, message: string): null {
    if (!this.#failed) this.#source.mistake(code, at, message);
    this.#failed = true;
    return null;
  }
}

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 1];
  return { start, end };
}
