import type { XStatic } from 'typebox/schema';
import { devices } from '../contract.ts';

export const parameters = {
  type: 'object',
  required: ['model'],
  properties: {
    model: {
      type: 'string',
      format: 'file',
      description: 'An ONNX file: a path beside the pipeline, or npm:PACKAGE/PATH',
    },
    axes: {
      type: 'object',
      additionalProperties: {
        type: 'integer',
        minimum: 0,
      },
      description: 'The batch axis of a port, where it is not 0',
    },
    constants: {
      type: 'object',
      additionalProperties: {},
      description: 'Inputs that are the same for every query: a number, a text, or nested lists',
    },
    pad: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['axis'],
        properties: {
          axis: {
            type: 'integer',
            minimum: 0,
            description: "The model's axis to pad, the batch axis counted",
          },
          to: {
            type: 'integer',
            minimum: 1,
            default: 1,
            description: 'Pad to a multiple of this',
          },
          value: {
            type: 'number',
            default: 0,
            description: 'What to pad with',
          },
        },
        additionalProperties: false,
      },
      description: 'Inputs padded to the widest of the batch along an axis',
    },
    providers: {
      type: 'array',
      items: {
        enum: [...devices],
      },
      minItems: 1,
      description: 'The devices this model may run on; any, unless given',
    },
  },
  additionalProperties: false,
} as const;

export type OnnxParameters = XStatic<typeof parameters>;
