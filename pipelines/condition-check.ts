import { Environment, type ObjectSchema, type TypeCheckResult } from '@marcbachmann/cel-js';
import type { PortType } from '../operators/index.ts';
import { celType } from './cel-value.ts';
import { mentionsIn } from './condition.ts';
import { formatReference } from './reference.ts';
import { pointer, type SourceFile } from './source.ts';
import type { Condition, Pipeline, Reference } from './types.ts';

/**
 * Checks the conditions of a pipeline with what is known of its ports. A reference whose type is not known may be
 * anything, so that a mistake elsewhere is not told twice.
 */
export function checkConditions(
  source: SourceFile,
  pipeline: Pipeline,
  typeOf: (reference: Reference, stage: string) => PortType | undefined,
): void {
  for (const { name, when } of pipeline.stages) {
    if (!when || mentionsIn(when.expression).some(({ reference }) => !reference)) continue;
    const at = pointer('stages', name, 'when');
    const { valid, type, error } = check(when, reference => typeOf(reference, name));
    if (!valid) {
      const whole = { start: 0, end: when.expression.length };
      const span = source.within(at, when.expression, error?.range ?? whole);
      source.mistake('bad-expression', span, error?.summary ?? 'the expression is not valid');
    } else if (type !== 'bool' && type !== 'dyn') {
      source.mistake('expression-not-boolean', source.spanOf(at), `this gives ${type}, not true or false`);
    }
  }
}

function check(
  condition: Condition,
  typeOf: (reference: Reference) => PortType | undefined,
): TypeCheckResult {
  const roots: ObjectSchema = {};
  for (const reference of condition.references) {
    add(roots, formatReference(reference).split('.'), celType(typeOf(reference)));
  }
  const environment = new Environment({ unlistedVariablesAreDyn: false });
  for (const [name, type] of Object.entries(roots)) {
    if (typeof type === 'string') environment.registerVariable(name, type);
    else environment.registerVariable(name, { schema: type });
  }
  return environment.check(condition.expression);
}

/** Adds a type at a path. Where `a` and `a.b` are both read, as names with dots may be, `a` is anything. */
function add(fields: ObjectSchema, [name, ...rest]: readonly string[], type: string): void {
  if (name === undefined) return;
  const present = fields[name];
  if (rest.length === 0) fields[name] = present === undefined ? type : 'dyn';
  else if (typeof present === 'string') fields[name] = 'dyn';
  else add((fields[name] = present ?? {}), rest, type);
}
