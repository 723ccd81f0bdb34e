import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type NumericTensor } from '../tensor.ts';

const parameters = {
  type: 'object',
  properties: {
    size: {
      type: 'integer',
      minimum: 1,
      maximum: 1048576,
      default: 512,
      description: 'New samples of each frame',
    },
    context: {
      type: 'integer',
      minimum: 0,
      maximum: 1048576,
      default: 64,
      description: 'Samples before them that each frame starts with; zeros at the very start',
    },
  },
  additionalProperties: false,
} as const;

type FramesParameters = Required<XStatic<typeof parameters>>;

export const operator: Operator<FramesParameters> = {
  description:
    'Cuts samples into frames, across the chunks of a stream; the last frame is filled up with zeros.',
  params: parameters,
  ports: ({ size, context }) => ({
    inputs: {
      samples: { datatype: 'FP32', shape: ['samples'] },
      carry: {
        datatype: 'FP32',
        shape: [-1],
        optional: true,
        description: 'State: `carry` of the chunk before',
      },
    },
    outputs: {
      frames: { datatype: 'FP32', shape: [context + size], list: true },
      carry: {
        datatype: 'FP32',
        shape: [-1],
        description: 'The context of the next frame and what it has so far',
      },
    },
  }),
  cost: 'light',
  create({ size, context }, site) {
    function cut(samples: Float32Array, carry: Float32Array, last: boolean): Outputs | Error {
      if (carry.length > 0 && carry.length < context) {
        return new MillraceError(
          'invalid-input',
          `"carry" holds ${carry.length} samples, less than the context`,
        );
      }
      // All that is known, the context of the first frame in front.
      const before = carry.length === 0 ? context : carry.length;
      const known = new Float32Array(before + samples.length);
      known.set(carry);
      known.set(samples, before);
      const fresh = known.length - context;
      const count = last ? Math.ceil(fresh / size) : Math.floor(fresh / size);
      const length = context + size;
      // One block for all of them, so that a short chunk of sound takes one block and not many.
      const memory = count > 0 ? site.allocate(count * length * 4) : new ArrayBuffer(0);
      const frames = Array.from({ length: count }, (_, i) => {
        const frame = new Float32Array(memory, i * length * 4, length);
        const present = known.subarray(i * size, i * size + length);
        frame.set(present);
        frame.fill(0, present.length);
        return tensor('FP32', [length], frame);
      });
      const rest = last ? new Float32Array(0) : known.slice(count * size);
      return { frames, carry: tensor('FP32', [rest.length], rest) };
    }

    return {
      run: batch =>
        batch.map(({ inputs, context: { last } }) => {
          const carry = inputs.carry as NumericTensor | undefined;
          return cut(
            (inputs.samples as NumericTensor).data as Float32Array,
            (carry?.data ?? new Float32Array(0)) as Float32Array,
            last,
          );
        }),
    };
  },
};
