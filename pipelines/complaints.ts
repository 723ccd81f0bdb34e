import { dereference, validate, type OutputUnit, type Schema } from '@cfworker/json-schema';
import type { JsonSchema } from '../operators/index.ts';
import { keysOf } from './source.ts';

/** What one keyword of a schema holds against a value. */
export interface Complaint {
  keyword: string;
  /** JSON Pointer of the value. */
  at: string;
  /** JSON Pointer of the keyword, through references. Of a `false`, that of the keyword that led to it. */
  path: string;
  /** The schema that the keyword is part of. */
  schema: Readonly<Record<string, unknown>>;
  /** The library's sentence. */
  message: string;
}

/** A schema ready for use. */
interface Prepared {
  root: Schema;
  /** Its parts by their URIs. */
  parts: ReturnType<typeof dereference>;
}

/** Keywords that only say that a part of the value has complaints of its own, which follow. */
const wrappers = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'dependentSchemas',
  'if',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

const prepared = new WeakMap<JsonSchema, Prepared>();

/**
 * Everything that a schema holds against a value, each once. The value must be plain data.
 *
 * @throws Error if the schema is none.
 */
export function complaints(schema: JsonSchema, value: unknown): Complaint[] {
  const { root, parts } = prepare(schema);
  const { errors } = validate(value, root, '2020-12', parts, false);
  const found = new Map<string, Complaint>();
  // What a name has against it comes right after the keyword, as though it were about the value of that name.
  let naming = '';
  for (const [index, error] of errors.entries()) {
    if (error.keyword === 'propertyNames') naming = decode(error.keywordLocation);
    if (wrappers.has(error.keyword)) continue;
    // The library has no path for a `false`; what led to it comes right before it.
    const led = error.keyword === 'false' ? (errors[index - 1] ?? error) : error;
    const path = decode(led.keywordLocation);
    const named = naming !== '' && `${path}/`.startsWith(`${naming}/`);
    const complaint = named
      ? complaintOf({ ...error, keyword: 'propertyNames' }, naming, root, parts)
      : complaintOf(error, path, root, parts);
    found.set(`${complaint.keyword} ${complaint.at} ${complaint.path}`, complaint);
  }
  return [...found.values()];
}

/** The library marks the schemas that it is given, and those are shared, so it gets a copy. */
function prepare(schema: JsonSchema): Prepared {
  const known = prepared.get(schema);
  if (known) return known;
  const root = structuredClone(schema) as Schema;
  const made = { root, parts: dereference(root) };
  prepared.set(schema, made);
  return made;
}

function complaintOf(error: OutputUnit, path: string, root: Schema, parts: Prepared['parts']): Complaint {
  const { keyword, error: message, instanceLocation } = error;
  const keys = keysOf(path).slice(0, -1);
  const schema = keys.reduce<Schema | undefined>((node, key) => {
    const reference = key === '$ref' && typeof node?.$ref === 'string';
    return (reference ? parts[node['__absolute_ref__'] ?? node.$ref!] : node?.[key]) as Schema | undefined;
  }, root);
  return { keyword, at: decode(instanceLocation), path, schema: schema ?? {}, message };
}

/** A JSON Pointer from a URI's fragment. */
function decode(location: string): string {
  return decodeURIComponent(location.slice(1));
}
