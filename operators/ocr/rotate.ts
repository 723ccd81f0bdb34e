import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { sizeOf, tensor, type NumericTensor } from '../tensor.ts';

const parameters = {
  type: 'object',
  properties: {
    threshold: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.9,
      description: 'Probability of 180 degrees from which a crop is turned',
    },
  },
  additionalProperties: false,
} as const;

type RotateParameters = Required<XStatic<typeof parameters>>;

export const operator: Operator<RotateParameters> = {
  description: 'Turns a crop by 180 degrees where an angle classifier says that it is upside down.',
  params: parameters,
  ports: {
    inputs: {
      crop: { datatype: 'FP32', shape: ['channels', 'height', 'width'] },
      angle: { datatype: 'FP32', shape: [2], description: 'Probabilities of 0 and of 180 degrees' },
    },
    outputs: {
      crop: { datatype: 'FP32', shape: ['channels', 'height', 'width'] },
      flipped: { datatype: 'BOOL', shape: [1], description: 'Whether the crop was turned' },
    },
  },
  cost: 'light',
  create({ threshold }, site) {
    function turn(crop: NumericTensor): NumericTensor {
      const plane = sizeOf(crop.shape.slice(1));
      const turned = new Float32Array(site.allocate(crop.data.length * 4), 0, crop.data.length);
      turned.set(crop.data as Float32Array);
      for (let start = 0; start < turned.length; start += plane)
        turned.subarray(start, start + plane).reverse();
      return tensor('FP32', crop.shape, turned);
    }

    function rotate(crop: NumericTensor, angle: NumericTensor): Outputs {
      const flipped = Number(angle.data[1]) >= threshold;
      return {
        crop: flipped ? turn(crop) : crop,
        flipped: tensor('BOOL', [1], Uint8Array.of(flipped ? 1 : 0)),
      };
    }

    return {
      run: batch =>
        batch.map(({ inputs }) => rotate(inputs.crop as NumericTensor, inputs.angle as NumericTensor)),
    };
  },
};
