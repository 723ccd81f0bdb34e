import type { JsonSchema } from '../operators/index.ts';
import { complaints, type Complaint } from './complaints.ts';
import { choicesOf, expectation } from './expectation.ts';
import { keysOf, valueAt } from './source.ts';
import { nearest } from './suggest.ts';

/** What is wrong with a value, seen from its schema. `at` is a JSON Pointer. */
export type Violation =
  /** The mapping at `at` has a key that its schema does not. */
  | { kind: 'unknown'; at: string; name: string; suggestion?: string }
  /** The mapping at `at` has a key that does not match the pattern of names. */
  | { kind: 'name'; at: string; name: string }
  | { kind: 'missing'; at: string; name: string }
  /** `expected` completes "must be …". */
  | { kind: 'wrong'; at: string; keyword: string; expected: string; suggestion?: string };

/**
 * All that is wrong with `value`, which must be plain data. Of a union, only the branch that was meant is told about.
 *
 * @throws Error if the schema is none.
 */
export function violations(schema: JsonSchema, value: unknown): Violation[] {
  return meant(complaints(schema, value)).flatMap(complaint => violationsOf(complaint, value));
}

/**
 * Drops the complaints of union branches that were not meant. Where exactly one branch takes the kind of value, its
 * complaints stay; otherwise one complaint about the union does.
 */
function meant(all: readonly Complaint[]): readonly Complaint[] {
  let kept = all;
  const unions = all
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
    .toSorted((a, b) => a.path.length - b.path.length);
  for (const union of unions) {
    if (!kept.includes(union)) continue;
    const branches = branchesOf(union, kept);
    const { length } = union.schema[union.keyword] as readonly unknown[];
    // A branch without complaints takes the value, which then fits several branches of a `oneOf`.
    const likely = branches.length < length ? [] : branches.filter(branch => !refused(branch, union));
    const dropped = new Set(branches.flat());
    if (likely.length === 1) {
      for (const complaint of likely[0]!) dropped.delete(complaint);
      dropped.add(union);
    }
    kept = kept.filter(complaint => !dropped.has(complaint));
  }
  return kept;
}

/** The complaints of each branch of a union, about one value. */
function branchesOf(union: Complaint, all: readonly Complaint[]): Complaint[][] {
  const branches = new Map<string, Complaint[]>();
  for (const complaint of all) {
    if (!within(complaint.path, union.path) || !within(`${complaint.at}/`, union.at)) continue;
    const branch = complaint.path.slice(union.path.length + 1).split('/', 1)[0]!;
    branches.set(branch, [...(branches.get(branch) ?? []), complaint]);
  }
  return [...branches.values()];
}

function within(path: string, outer: string): boolean {
  return path.startsWith(`${outer}/`);
}

/** Whether a branch is for another kind of value. */
function refused(branch: readonly Complaint[], union: Complaint): boolean {
  return branch.some(({ keyword, at }) => ['type', 'const', 'enum'].includes(keyword) && at === union.at);
}

function violationsOf(complaint: Complaint, value: unknown): Violation[] {
  const { at, keyword, path, schema } = complaint;
  const given = valueAt(value, at);
  if (
    keyword === 'propertyNames' ||
    (keyword === 'false' && /\/(additional|unevaluated)Properties$/.test(path))
  )
    return [surplus(complaint)];
  if (keyword === 'required') {
    return (schema['required'] as readonly string[])
      .filter(name => !Object.hasOwn(given as object, name))
      .map(name => ({ kind: 'missing', at, name }));
  }
  const choices = choicesOf(schema).filter(choice => typeof choice === 'string');
  const suggestion = typeof given === 'string' ? nearest(given, choices) : undefined;
  return [{ kind: 'wrong', at, keyword, expected: expectation(complaint), ...suggest(suggestion) }];
}

/** A key that a mapping must not have. */
function surplus({ at: key, keyword, schema }: Complaint): Violation {
  const at = key.slice(0, key.lastIndexOf('/'));
  const name = keysOf(key).at(-1)!;
  const known = Object.keys(schema['properties'] ?? {});
  const named = keyword === 'propertyNames' || (known.length === 0 && 'patternProperties' in schema);
  if (named) return { kind: 'name', at, name };
  return { kind: 'unknown', at, name, ...suggest(nearest(name, known)) };
}

function suggest(suggestion: string | undefined): { suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}
