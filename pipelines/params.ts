import type { JsonSchema } from '../operators/index.ts';
import { isRecord, show } from './conformity.ts';
import { findFile } from './files.ts';
import { OperatorMistake } from './operator-lookup.ts';
import { keysOf, pointer, type SourceFile } from './source.ts';
import { violations, type Violation } from './violation.ts';

type Params = Readonly<Record<string, unknown>>;

/**
 * A stage's parameters, validated, with the schema's defaults and with files as absolute paths. Mistakes go to
 * `source`; null after one.
 */
export function bindParams(
  source: SourceFile,
  stage: string,
  params: Params,
  schema: JsonSchema,
  directory: string,
): Params | null {
  const at = pointer('stages', stage, 'params');
  const complete = attempt(() => withDefaults(schema, params) as Params);
  const wrong = attempt(() => violations(schema, complete));
  for (const violation of wrong) report(source, at, violation);
  if (wrong.length > 0) return null;
  const files = new Files(source, directory);
  const bound = Object.entries(complete).map(([name, value]) => [
    name,
    files.resolve(within(schema, name), value, at + pointer(name)),
  ]);
  return files.missing ? null : Object.fromEntries(bound);
}

/** A user's operator may declare a schema that is none. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new OperatorMistake('operator-failed', `its parameters have no valid JSON Schema: ${reason}`);
  }
}

function report(source: SourceFile, params: string, violation: Violation): void {
  const at = params + violation.at;
  const path = keysOf(violation.at);
  if (violation.kind === 'missing') {
    const name = [...path, violation.name].join('.');
    source.mistake('missing-parameter', source.keyOf(at), `the operator needs parameter "${name}"`);
  } else if (violation.kind === 'unknown') {
    const name = [...path, violation.name].join('.');
    const key = source.keyOf(at + pointer(violation.name));
    source.mistake('unknown-parameter', key, `the operator has no parameter "${name}"`, violation.suggestion);
  } else if (violation.kind === 'name') {
    const key = source.keyOf(at + pointer(violation.name));
    source.mistake('bad-parameter', key, `parameter "${path.join('.')}" takes no "${violation.name}"`);
  } else {
    const given = show(source.valueAt(at));
    const message = `parameter "${path.join('.')}" must be ${violation.expected}, not ${given}`;
    source.mistake('bad-parameter', source.spanOf(at), message, violation.suggestion);
  }
}

/** The schema of a value within another, by its key. */
function within(schema: unknown, key: string): unknown {
  if (!isRecord(schema)) return undefined;
  const { properties, patternProperties, additionalProperties } = schema;
  if (isRecord(properties) && Object.hasOwn(properties, key)) return properties[key];
  const patterns = isRecord(patternProperties) ? Object.entries(patternProperties) : [];
  return patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1] ?? additionalProperties;
}

/** The value with the `default` of each property that is absent, at every depth. */
function withDefaults(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  if (Array.isArray(value)) return value.map(item => withDefaults(schema['items'], item));
  if (!isRecord(value)) return value;
  const complete = Object.entries(value).map(([key, inner]) => [
    key,
    withDefaults(within(schema, key), inner),
  ]);
  const absent = Object.entries(isRecord(schema['properties']) ? schema['properties'] : {}).flatMap(
    ([key, property]) =>
      isRecord(property) && property['default'] !== undefined && !Object.hasOwn(value, key)
        ? [[key, property['default']]]
        : [],
  );
  return Object.fromEntries([...complete, ...absent]);
}

/** Replaces the parameters that are files, or lists of files, by absolute paths. */
class Files {
  missing = false;
  readonly #source: SourceFile;
  readonly #directory: string;

  constructor(source: SourceFile, directory: string) {
    this.#source = source;
    this.#directory = directory;
  }

  resolve(schema: unknown, value: unknown, at: string): unknown {
    if (!isRecord(schema)) return value;
    if (Array.isArray(value))
      return value.map((item, index) => this.resolve(schema['items'], item, at + pointer(index)));
    if (schema['format'] !== 'file' || typeof value !== 'string') return value;
    const found = findFile(value, this.#directory);
    if ('path' in found) return found.path;
    this.missing = true;
    this.#source.mistake('missing-file', this.#source.spanOf(at), found.message, found.suggestion);
    return value;
  }
}
