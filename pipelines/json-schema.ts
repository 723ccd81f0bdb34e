import type { Operator } from '../operators/index.ts';
import { PipelineSchema, StageSchema } from './schema.ts';

/** JSON Schema as plain data. */
type JsonSchema = Record<string, unknown>;

/**
 * The pipeline file's JSON Schema for editors: on a stage with a built-in operator, `params` are that operator's.
 * Deterministic: operators in the order of their names.
 */
export function pipelineJsonSchema(operators: Readonly<Record<string, Operator>>): JsonSchema {
  // A round trip leaves plain data, without what the library keeps for itself.
  const pipeline = JSON.parse(JSON.stringify(PipelineSchema)) as JsonSchema & { properties: JsonSchema };
  const stage = JSON.parse(JSON.stringify(StageSchema)) as JsonSchema & {
    properties: Record<string, JsonSchema>;
  };
  const names = Object.keys(operators).toSorted();
  stage.properties['operator'] = {
    ...stage.properties['operator'],
    anyOf: [
      ...names.map(name => ({ const: name, description: operators[name]!.description })),
      { pattern: String.raw`^(\.{0,2}[\\/]|[A-Za-z]:)`, description: 'Your own operator: ./FILE.js#NAME' },
    ],
  };
  stage['allOf'] = names.map(name => ({
    if: { properties: { operator: { const: name } }, required: ['operator'] },
    // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
    then: {
      properties: { params: operators[name]!.params ?? { type: 'object', additionalProperties: false } },
    },
  }));
  const stages = pipeline.properties['stages'] as JsonSchema & { patternProperties: JsonSchema };
  for (const pattern of Object.keys(stages.patternProperties)) {
    stages.patternProperties[pattern] = { $ref: '#/$defs/stage' };
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace pipeline',
    ...pipeline,
    $defs: { stage },
  };
}
