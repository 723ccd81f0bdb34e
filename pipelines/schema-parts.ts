/**
 * The two shapes of JSON Schema that files are made of. Plain data rather than a library's builders: loading those
 * would take longer than a whole check.
 */
import type { JsonSchema } from '../operators/index.ts';

/** An object of just these properties; those in `optional` may be left out. */
export function object(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
  more: JsonSchema = {},
): JsonSchema {
  const properties = { ...required, ...optional };
  return {
    type: 'object',
    required: Object.keys(required),
    properties,
    additionalProperties: false,
    ...more,
  };
}

/** An object whose keys match `pattern` and whose values are alike. */
export function record(pattern: string, values: JsonSchema, more: JsonSchema = {}): JsonSchema {
  return { type: 'object', patternProperties: { [pattern]: values }, additionalProperties: false, ...more };
}

/** An array of at least one such item. */
export function listOf(items: JsonSchema, more: JsonSchema = {}): JsonSchema {
  return { type: 'array', items, minItems: 1, ...more };
}

export const text: JsonSchema = { type: 'string' };
export const number: JsonSchema = { type: 'number' };
export const yesOrNo: JsonSchema = { type: 'boolean' };
