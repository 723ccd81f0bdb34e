import type { XStatic } from 'typebox/schema';
import type { Operator } from '../contract.ts';
import { tensor, type NumericTensor } from '../tensor.ts';
import { normalisation, PerChannel } from './per-channel.ts';

const parameters = {
  type: 'object',
  properties: {
    layout: {
      enum: ['chw', 'hwc'],
      default: 'chw',
      description: 'Axes of the result: channels first, or last',
    },
    channels: {
      type: 'integer',
      minimum: 0,
      maximum: 4,
      default: 3,
      description: "The picture's channels; 0: it has no channel axis, and the result has one of 1",
    },
    mean: {
      ...PerChannel,
      default: 0,
      description: 'Subtracted after scaling; one number, or one for each channel',
    },
    std: {
      ...PerChannel,
      default: 1,
      description: 'Divided by after that; one number, or one for each channel',
    },
    scale: {
      type: 'number',
      default: 1 / 255,
      description: 'Multiplied with first',
    },
  },
  additionalProperties: false,
} as const;

type NormaliseParameters = Required<XStatic<typeof parameters>>;

/**
 * A channel's 256 values apiece, since a byte can have no other: `table[channel * 256 + byte]` is
 * `(byte * scale - mean) / std`.
 */
function lookupTable(params: NormaliseParameters, channels: number): Float32Array {
  const { factor, offset } = normalisation(params, channels);
  return Float32Array.from(
    { length: channels * 256 },
    (_, i) => (i & 255) * factor[i >> 8]! + offset[i >> 8]!,
  );
}

function channelsFirst(pixels: Uint8Array, table: Float32Array, channels: number, into: Float32Array): void {
  const plane = pixels.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    const own = table.subarray(channel * 256, channel * 256 + 256);
    for (let from = channel, to = channel * plane; from < pixels.length; from += channels, to++) {
      into[to] = own[pixels[from]!]!;
    }
  }
}

function channelsLast(pixels: Uint8Array, table: Float32Array, channels: number, into: Float32Array): void {
  for (let channel = 0; channel < channels; channel++) {
    const own = table.subarray(channel * 256, channel * 256 + 256);
    for (let i = channel; i < pixels.length; i += channels) into[i] = own[pixels[i]!]!;
  }
}

export const operator: Operator<NormaliseParameters> = {
  description: "Turns a picture's bytes into a model's numbers: (x * scale - mean) / std.",
  params: parameters,
  ports(params) {
    const channels = params.channels || 1;
    normalisation(params, channels);
    return {
      inputs: {
        image: { datatype: 'UINT8', shape: ['height', 'width', ...(params.channels ? [channels] : [])] },
      },
      outputs: {
        tensor: {
          datatype: 'FP32',
          shape: params.layout === 'chw' ? [channels, 'height', 'width'] : ['height', 'width', channels],
        },
      },
    };
  },
  cost: 'light',
  create(params, site) {
    const channels = params.channels || 1;
    const table = lookupTable(params, channels);
    const convert = params.layout === 'chw' ? channelsFirst : channelsLast;
    return {
      run: batch =>
        batch.map(item => {
          const image = item.inputs.image as NumericTensor;
          const [height, width] = image.shape as [number, number];
          const numbers = new Float32Array(site.allocate(image.data.length * 4), 0, image.data.length);
          convert(image.data as Uint8Array, table, channels, numbers);
          const shape = params.layout === 'chw' ? [channels, height, width] : [height, width, channels];
          return { tensor: tensor('FP32', shape, numbers) };
        }),
    };
  },
};
