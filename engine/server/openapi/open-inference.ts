import { encodeInferRequest } from '../../../operators/index.ts';
import type { Service } from '../service.ts';
import { inputExamples } from './examples.ts';
import { body, replies, type Descriptions, type MediaType, type Operation } from './operation.ts';
import { reference, tensor, type Schema } from './schemas.ts';

const tags = ['Open Inference Protocol'] as const;

const anyObject: Schema = { type: 'object' };

function tensors(types: Service['pipeline']['inputs']): Schema {
  const each = Object.entries(types).map(([name, type]) => tensor(name, type));
  return { type: 'array', items: each.length === 1 ? each[0]! : { anyOf: each } };
}

/** What the raw-body shortcut and binary tensors are sent as. */
function otherBodies({ pipeline }: Service): Readonly<Record<string, MediaType>> {
  const binary = {
    'application/octet-stream': {
      schema: {
        description: 'JSON of as many bytes as the header Inference-Header-Content-Length says, then tensors',
      },
    },
  };
  const [example, ...more] = Object.values(inputExamples(pipeline) ?? {});
  const isRaw = example?.tensor.datatype === 'BYTES' && example.tensor.data.length === 1 && more.length === 0;
  return isRaw
    ? { ...binary, [example.media]: { schema: { description: 'The only input itself' } } }
    : binary;
}

function inferExample({ pipeline }: Service): unknown {
  const examples = inputExamples(pipeline);
  if (!examples) return undefined;
  const inputs = Object.entries(examples).map(([name, { tensor }]) => ({ name, tensor }));
  return JSON.parse(encodeInferRequest({ parameters: {}, inputs }, () => false).json);
}

function infer(service: Service): Operation {
  const { inputs, outputTypes, description } = service.pipeline;
  const request: Schema = {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string' },
      parameters: reference('Parameters'),
      inputs: tensors(inputs),
      outputs: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { enum: Object.keys(outputTypes) }, parameters: reference('Parameters') },
        },
      },
    },
  };
  const response: Schema = {
    type: 'object',
    required: ['model_name', 'model_version', 'outputs'],
    properties: {
      model_name: { type: 'string' },
      model_version: { type: 'string' },
      id: { type: 'string' },
      outputs: tensors(outputTypes),
    },
  };
  return {
    tags,
    summary: `Infer with ${service.name}`,
    description,
    requestBody: body(request, inferExample(service), otherBodies(service)),
    responses: replies('The outputs', response),
  };
}

function stream({ name }: Service): Operation {
  return {
    tags,
    summary: `Stream queries to ${name} over a WebSocket`,
    description:
      'Subprotocol millrace.v1. A frame is an inference request or its answer: text its JSON, binary a 32-bit length, the JSON, and binary tensors.',
    responses: { 101: { description: 'The WebSocket is open' } },
  };
}

function told(summary: string, schema: Schema = anyObject, example?: unknown): Operation {
  return { tags, summary, responses: replies(summary, schema, { example }) };
}

export const openInference: Descriptions = {
  whole: {
    'GET /v2': told('The server, its version and extensions'),
    'GET /v2/health/live': told('Whether the server runs', anyObject, { live: true }),
    'GET /v2/health/ready': told('Whether all pipelines are ready', anyObject, { ready: true }),
    'GET /v2/models/stats': told('Statistics of all pipelines'),
    'POST /v2/repository/index': {
      ...told('All pipelines and their states', { type: 'array', items: anyObject }),
      requestBody: {
        required: false,
        content: {
          'application/json': {
            schema: { type: 'object', properties: { ready: { type: 'boolean' } } },
            example: { ready: true },
          },
        },
      },
    },
  },
  each: {
    'GET /v2/models/{model}': ({ name }) => told(`Inputs and outputs of ${name}`),
    'GET /v2/models/{model}/ready': ({ name }) =>
      told(`Whether ${name} is ready`, anyObject, { ready: true }),
    'GET /v2/models/{model}/stats': ({ name }) => told(`Statistics of ${name}`),
    'POST /v2/models/{model}/infer': infer,
    'GET /v2/models/{model}/stream': stream,
    'POST /v2/repository/models/{model}/load': ({ name }) => told(`Load ${name}`),
    'POST /v2/repository/models/{model}/unload': ({ name }) => told(`Unload ${name}`),
  },
};
