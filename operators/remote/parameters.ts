import type { XStatic } from 'typebox/schema';
import { datatypes } from '../datatype.ts';
import { Duration, Size } from '../units.ts';

const port = {
  type: 'object',
  required: ['datatype', 'shape'],
  properties: {
    datatype: { enum: [...datatypes] },
    shape: {
      type: 'array',
      items: { type: ['integer', 'string'] },
      description: 'Of one query, without a batch axis; a name or -1 for what may differ',
    },
    name: { type: 'string', minLength: 1, description: "The server's name of it, where it is another" },
  },
  additionalProperties: false,
} as const;

export const parameters = {
  type: 'object',
  required: ['url', 'model', 'inputs', 'outputs'],
  properties: {
    url: {
      type: 'string',
      pattern: '^https?://[^\\s?#]+$',
      description: 'Where the server is: http://HOST:PORT, and what its paths start with before /v2',
    },
    model: { type: 'string', minLength: 1, description: "The server's name of the model" },
    version: {
      type: 'string',
      minLength: 1,
      description: 'The version to ask for; the server decides, unless given',
    },
    inputs: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        ...port,
        properties: {
          ...port.properties,
          parameters: {
            type: 'object',
            additionalProperties: { type: ['string', 'number', 'boolean'] },
            description: 'Sent with the tensor: { content_type: base64 } sends bytes in base64 always',
          },
        },
      },
      description: 'Inputs by name',
    },
    outputs: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        ...port,
        properties: {
          ...port.properties,
          content: { type: 'string', description: 'Media type of BYTES, as application/json' },
        },
      },
      description: 'Outputs by name',
    },
    batch: {
      enum: ['stack', 'single'],
      default: 'stack',
      description:
        'Queries of equal shapes in one request along a leading axis, or a request each without that axis',
    },
    binary: {
      type: 'boolean',
      default: false,
      description:
        'Tensors as bytes, which Triton and Millrace take and MLServer does not; JSON works everywhere',
    },
    headers: {
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z0-9-]+$' },
      additionalProperties: { type: 'string' },
      default: {},
      description:
        'Sent with each request; env:NAME takes the value of an environment variable, as secrets must be',
    },
    timeout: {
      ...Duration,
      default: '10 s',
      description: "How long an answer may take, retries and all; keep it below the stage's own `timeout`",
    },
    'connect-timeout': { ...Duration, default: '2 s', description: 'How long it may take to connect' },
    retries: {
      type: 'integer',
      minimum: 0,
      maximum: 10,
      default: 2,
      description: 'How often a request that met no answer is sent again, where that is safe',
    },
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: 4,
      description: 'Requests in flight, and connections kept, of each replica',
    },
    'max-answer': { ...Size, default: '64 MiB', description: 'A longer answer is refused' },
  },
  additionalProperties: false,
} as const;

type Given = XStatic<typeof parameters>;

export type RemoteParameters = Required<Omit<Given, 'version'>> & Pick<Given, 'version'>;
