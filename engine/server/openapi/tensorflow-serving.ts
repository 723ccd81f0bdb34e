import type { PortType } from '../../../operators/index.ts';
import type { Service } from '../service.ts';
import { classOutputs, valueOutput } from '../tensorflow-serving/examples.ts';
import { inputExamples, shown } from './examples.ts';
import { body, replies, type Descriptions, type Operation } from './operation.ts';
import { given, nested, objectOf, type Schema } from './schemas.ts';

const tags = ['TensorFlow Serving'] as const;

function onlyOne(types: Readonly<Record<string, PortType>>): PortType | null {
  const all = Object.values(types);
  return all.length === 1 ? all[0]! : null;
}

/** A query's example by the names of its inputs, and as rows have it. */
function examplesOf({ pipeline }: Service): { named: object; row: unknown } | null {
  const examples = inputExamples(pipeline);
  if (!examples) return null;
  const entries = Object.entries(examples).map(([name, example]) => [name, shown(example)] as const);
  const named = Object.fromEntries(entries);
  return { named, row: entries.length === 1 ? entries[0]![1] : named };
}

function predict(service: Service): Operation {
  const { inputs, outputTypes, description } = service.pipeline;
  const named = objectOf(inputs, given);
  const [input, output] = [onlyOne(inputs), onlyOne(outputTypes)];
  const row = input ? { anyOf: [given(input), named] } : named;
  const signature = { signature_name: { enum: ['', 'serving_default'] } };
  const request: Schema = {
    oneOf: [
      {
        description: 'Rows: a query each',
        type: 'object',
        required: ['instances'],
        properties: { ...signature, instances: { type: 'array', minItems: 1, items: row } },
      },
      {
        description: 'Columns: inputs of one query, or of several with an axis more in front',
        type: 'object',
        required: ['inputs'],
        properties: { ...signature, inputs: {} },
      },
    ],
  };
  const outputs = output ? nested(output) : { ...objectOf(outputTypes, nested), required: [] };
  const response: Schema = {
    oneOf: [
      {
        type: 'object',
        required: ['predictions'],
        properties: { predictions: { type: 'array', items: outputs } },
      },
      { type: 'object', required: ['outputs'], properties: { outputs: {} } },
    ],
  };
  const examples = examplesOf(service);
  return {
    tags,
    summary: `Predict with ${service.name}`,
    description,
    requestBody: body(request, examples ? { instances: [examples.row] } : undefined),
    responses: replies('Predictions of rows, or outputs of columns', response),
  };
}

function judge(service: Service, summary: string, fits: boolean, result: Schema): Operation {
  const features = objectOf(service.pipeline.inputs, () => ({}));
  const request: Schema = {
    type: 'object',
    required: ['examples'],
    properties: {
      signature_name: { enum: ['', 'serving_default'] },
      context: { type: 'object' },
      examples: { type: 'array', minItems: 1, items: { ...features, required: [] } },
    },
  };
  const examples = examplesOf(service);
  return {
    tags,
    summary: `${summary} with ${service.name}`,
    ...(!fits && { description: 'Refused: the outputs of this pipeline do not fit' }),
    requestBody: body(request, examples && fits ? { examples: [examples.named] } : undefined),
    responses: replies('A result per example', {
      type: 'object',
      required: ['results'],
      properties: { results: { type: 'array', items: result } },
    }),
  };
}

const pairs: Schema = {
  type: 'array',
  items: { type: 'array', prefixItems: [{}, { type: 'number' }], minItems: 2, maxItems: 2 },
};

function told(summary: string): Operation {
  return { tags, summary, responses: replies(summary, { type: 'object' }) };
}

export const tensorflowServing: Descriptions = {
  whole: {},
  each: {
    'GET /v1/models/{model}': ({ name }) => told(`State of ${name}`),
    'GET /v1/models/{model}/metadata': ({ name }) => told(`Signature of ${name}`),
    'POST /v1/models/{model}:predict': predict,
    'POST /v1/models/{model}:classify': service =>
      judge(service, 'Classify', classOutputs(service) !== undefined, pairs),
    'POST /v1/models/{model}:regress': service =>
      judge(service, 'Regress', valueOutput(service) !== undefined, { type: 'number' }),
  },
};
