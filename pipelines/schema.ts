/** The pipeline file's schema: what may stand where. What the parts mean to each other is checked by the loader. */
import { Duration, datatypes, type JsonSchema } from '../operators/index.ts';
import { fieldName, pipelineName, stageName } from './names.ts';
import { listOf, object, record } from './schema-parts.ts';

const Reference: JsonSchema = {
  type: 'string',
  pattern: String.raw`^(?:item|[^.\s]+\.\S(?:.*\S)?)$`,
  maxLength: 500,
  description: 'Where a value comes from: inputs.NAME, STAGE.PORT or, under each, item or item.NAME',
};

const Sources: JsonSchema = {
  anyOf: [
    Reference,
    listOf(Reference, { description: 'Tried in order: the first that has a value is taken' }),
  ],
  description: 'A reference, or fallbacks in order',
};

const portName = '^.{1,200}$';
const PortName: JsonSchema = { type: 'string', pattern: portName };

const Shape: JsonSchema = {
  type: 'array',
  items: {
    anyOf: [
      { type: 'integer', minimum: -1, description: 'A size; -1 is any' },
      {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: 'A name for a size, for people to read',
      },
    ],
  },
  maxItems: 16,
  description: 'Sizes of one query, without a batch axis: a number, a name, or -1 for any',
};

const Input = object(
  {
    datatype: {
      enum: [...datatypes],
      description: "The Open Inference Protocol's name: BYTES is text or an encoded file",
    },
  },
  { shape: Shape },
  { description: 'What a query brings' },
);

const Each: JsonSchema = {
  anyOf: [
    Reference,
    listOf(Reference),
    record(stageName, Sources, {
      minProperties: 1,
      description: 'Several lists, joined by index: NAME is item.NAME',
    }),
  ],
  description: 'Runs the stage once per item of a list; the outputs are gathered in order',
};

/** Keys of one stage. */
export const StageSchema = object(
  {
    operator: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      description: 'A built-in operator, or ./FILE.js#NAME for one of your own beside this file',
    },
  },
  {
    inputs: record(portName, Sources, { description: "The operator's inputs, and where each comes from" }),
    outputs: record(fieldName, PortName, {
      description: "Your name of an output: the operator's name of it",
    }),
    params: { type: 'object', description: 'Parameters of the operator' },
    each: Each,
    when: {
      type: 'string',
      minLength: 1,
      maxLength: 2000,
      description: 'A CEL expression over ports; the stage runs where it is true',
    },
    state: record(portName, PortName, {
      description: 'An input: the output that is its next value in the same sequence',
    }),
    timeout: { ...Duration, description: 'How long one batch may take: 30 s unless given' },
    isolation: { enum: ['thread', 'process'], description: 'Where replicas run: thread unless given' },
    pure: {
      type: 'boolean',
      description: 'Whether an item may be run again after a failure: true unless given',
    },
  },
  { description: 'A stage: an operator, its parameters, and where its inputs come from' },
);

/** A latency objective: percentiles, each with its limit. */
export const SloSchema = record(String.raw`^p(?!0+(?:\.0+)?$)\d{1,2}(?:\.\d{1,6})?$`, Duration, {
  description: 'The latency objective: percentiles of latency and their limits, such as p99: 150 ms',
});

/** Kind and version, the first key of a pipeline file. */
export const pipelineVersion = 'pipeline/1';

/** The whole pipeline file. */
export const PipelineSchema = object(
  {
    millrace: { const: pipelineVersion, description: 'Kind and version of this file' },
    name: { type: 'string', pattern: pipelineName, description: 'What the pipeline is called' },
    inputs: record(fieldName, Input, { maxProperties: 200, description: 'What a query brings, by name' }),
    stages: record(stageName, StageSchema, {
      minProperties: 1,
      maxProperties: 1000,
      description: 'The stages by name; their order does not matter',
    }),
    outputs: record(fieldName, Sources, {
      minProperties: 1,
      maxProperties: 200,
      description: 'What a query gets, by name',
    }),
  },
  {
    description: { type: 'string', description: 'What the pipeline does' },
    slo: SloSchema,
  },
);
