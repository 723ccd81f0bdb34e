import type { XStatic } from 'typebox/schema';
import type { Operator } from './contract.ts';
import { tensor, type NumericTensor } from './tensor.ts';

const parameters = {
  type: 'object',
  required: ['at'],
  properties: {
    at: {
      type: 'number',
      description: 'Numbers from this one up are true',
    },
  },
  additionalProperties: false,
} as const;

type ThresholdParameters = XStatic<typeof parameters>;

export const operator: Operator<ThresholdParameters> = {
  description: 'Says of each number whether it reaches a threshold.',
  params: parameters,
  ports: {
    inputs: { in: { datatype: 'FP32' } },
    outputs: { out: { datatype: 'BOOL' } },
  },
  cost: 'light',
  create: ({ at }) => ({
    run: batch =>
      batch.map(({ inputs }) => {
        const values = inputs.in as NumericTensor;
        const reached = Uint8Array.from(values.data as Float32Array, value => (value >= at ? 1 : 0));
        return { out: tensor('BOOL', values.shape, reached) };
      }),
  }),
};
