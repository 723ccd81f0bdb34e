import type { JsonSchema } from '../operators/index.ts';
import type { DiagnosticCode } from './diagnostic.ts';
import { keysOf, pointer, type SourceFile } from './source.ts';
import { nearest } from './suggest.ts';
import { violations, type Violation } from './violation.ts';

/** How a mistake at some place of a file is called, and what should stand there. */
export interface Rule {
  /** Matches the JSON Pointer of the value. */
  at: RegExp;
  code: DiagnosticCode;
  /** Only for complaints of this keyword. */
  keyword?: RegExp;
  /** Completes "must be …"; what the schema says, unless given. */
  expected?: string;
}

/** Where a file does not fit its schema. */
export interface Conformity {
  /** Whether the file is of the kind and version wanted, so that reading on makes sense. */
  readable: boolean;
  /** Whether the value at a JSON Pointer, and all within it, is as the schema has it. */
  usable(at: string): boolean;
}

/** Reports everything in which a file departs from its schema. `version` is its kind and version: `plan/1`. */
export function conform(
  source: SourceFile,
  version: string,
  schema: JsonSchema,
  rules: readonly Rule[],
): Conformity {
  const wrong: string[] = [];
  const usable = (at: string): boolean => !wrong.some(path => path === at || path.startsWith(`${at}/`));
  if (!isReadable(source, version)) return { readable: false, usable };
  for (const violation of violations(schema, source.value)) {
    if (violation.kind === 'wrong') wrong.push(violation.at);
    report(source, violation, rules);
  }
  return { readable: true, usable };
}

function isReadable(source: SourceFile, version: string): boolean {
  const { value } = source;
  if (value === undefined) return false;
  if (!isRecord(value)) {
    const what = value === null ? 'the file is empty' : `the file holds ${show(value)}`;
    source.mistake('not-a-mapping', source.spanOf(''), `${what}; it must start with "millrace: ${version}"`);
    return false;
  }
  const given = value['millrace'];
  const [kind, major] = version.split('/');
  const [, givenKind, givenMajor] = /^([a-z]+)\/(\d+)/.exec(typeof given === 'string' ? given : '') ?? [];
  const other = givenKind !== undefined && (givenKind !== kind || givenMajor !== major);
  if (!other || nearest(givenKind, [kind!]) !== undefined) return true;
  const message =
    givenKind === kind
      ? `this Millrace reads version ${major} of a ${kind} file, not ${givenMajor}`
      : `this is a ${givenKind} file; a ${kind} file starts with "millrace: ${version}"`;
  source.mistake('bad-version', source.spanOf('/millrace'), message);
  return false;
}

function report(source: SourceFile, violation: Violation, rules: readonly Rule[]): void {
  const { at, kind } = violation;
  if (kind === 'missing') {
    source.mistake('missing-key', source.keyOf(at), `${subject(at)} has no "${violation.name}"`);
    return;
  }
  if (kind === 'unknown') {
    const key = source.keyOf(at + pointer(violation.name));
    source.mistake('unknown-key', key, `${subject(at)} takes no "${violation.name}"`, violation.suggestion);
    return;
  }
  const keyword = kind === 'name' ? 'name' : violation.keyword;
  const rule = rules.find(rule => rule.at.test(at) && (rule.keyword?.test(keyword) ?? kind === 'wrong'));
  if (kind === 'name') {
    const key = source.keyOf(at + pointer(violation.name));
    if (rule) source.mistake(rule.code, key, `"${violation.name}" must be ${rule.expected}`);
    else source.mistake('bad-name', key, nameMessage(violation.name), spelling(violation.name));
    return;
  }
  const given = source.valueAt(at);
  const expected = rule?.expected ?? violation.expected;
  const quote =
    rule === undefined && violation.expected === 'text' && given !== null && typeof given !== 'object'
      ? '; put it in quotes'
      : '';
  const message = `${subject(at)} must be ${expected}, not ${show(given)}${quote}`;
  source.mistake(rule?.code ?? 'bad-type', source.spanOf(at), message, violation.suggestion);
}

/** The value at a pointer, as a sentence starts with it. */
function subject(at: string): string {
  const name = keysOf(at).at(-1);
  if (name === undefined) return 'the file';
  if (/^\/stages\/[^/]+$/.test(at)) return `stage "${name}"`;
  if (/^\/inputs\/[^/]+$/.test(at)) return `input "${name}"`;
  return /^\d+$/.test(name) ? 'this' : `"${name}"`;
}

function nameMessage(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name)
    ? `"${name}" ${name.length > 100 ? 'is too long' : 'has a meaning of its own in expressions'}; choose another name`
    : `"${name}" is no name: letters, digits and _, and no digit first`;
}

function spelling(name: string): string | undefined {
  const spelt = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
  return spelt === name || spelt === '' || name.length > 100 ? undefined : spelt;
}

/** A value in a message. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
