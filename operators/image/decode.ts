import type Sharp from 'sharp';
import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type BytesTensor } from '../tensor.ts';
import { rasterFormat } from './raster-format.ts';
import { loadSharp, sharpMessage } from './sharp.ts';
import { decodeSmallPng, type Pixels } from './small-png.ts';

const parameters = {
  type: 'object',
  properties: {
    channels: {
      anyOf: [
        {
          type: 'number',
          const: 3,
        },
        {
          type: 'number',
          const: 1,
        },
      ],
      default: 3,
      description: '3: RGB; 1: greyscale',
    },
    'max-pixels': {
      type: 'integer',
      minimum: 1,
      default: 50000000,
      description: 'A picture of more pixels is refused unread',
    },
  },
  additionalProperties: false,
} as const;

type DecodeParameters = Required<XStatic<typeof parameters>>;

/** Why sharp could not read `data`, in words for who sent it. */
async function refusal(sharp: typeof Sharp, data: Uint8Array, limit: number, thrown: unknown) {
  const message = sharpMessage(thrown);
  if (message.includes('pixel limit')) {
    const { width, height } = await sharp(data, { limitInputPixels: false }).metadata();
    return new MillraceError(
      'too-large',
      `the picture has ${width} x ${height} pixels, more than the ${limit} allowed`,
    );
  }
  return new MillraceError('invalid-input', `the picture is damaged or incomplete: ${message}`);
}

export const operator: Operator<DecodeParameters> = {
  description:
    'Decodes a JPEG, PNG, WebP, GIF (first frame), TIFF or AVIF picture into pixels, upright and in sRGB.',
  params: parameters,
  ports: params => ({
    inputs: { data: { datatype: 'BYTES', shape: [1], description: 'The encoded picture' } },
    outputs: { image: { datatype: 'UINT8', shape: ['height', 'width', params.channels] } },
  }),
  cost: 'light',
  async create(params, site) {
    const sharp = await loadSharp();
    const { channels } = params;
    const limit = params['max-pixels'];

    function imageOf({ width, height, data }: Pixels): Outputs {
      const pixels = new Uint8Array(site.allocate(data.length), 0, data.length);
      pixels.set(data);
      return { image: tensor('UINT8', [height, width, channels], pixels) };
    }

    async function decode(data: Uint8Array): Promise<Outputs | Error> {
      const format = rasterFormat(data);
      if (format === null) {
        return new MillraceError(
          'invalid-input',
          `${data.length === 0 ? 'the file is empty' : 'not a picture'}: send JPEG, PNG, WebP, GIF, TIFF or AVIF`,
        );
      }
      const small = format === 'png' ? decodeSmallPng(data, channels) : null;
      if (small && small.width * small.height <= limit) return imageOf(small);
      try {
        const picture = sharp(data, { failOn: 'truncated', limitInputPixels: limit, autoOrient: true })
          .flatten({ background: '#ffffff' })
          .toColourspace(channels === 1 ? 'b-w' : 'srgb')
          .raw({ depth: 'uchar' });
        const { data: pixels, info } = await picture.toBuffer({ resolveWithObject: true });
        return imageOf({ width: info.width, height: info.height, data: pixels });
      } catch (thrown) {
        return refusal(sharp, data, limit, thrown);
      }
    }

    return {
      run: batch => Promise.all(batch.map(item => decode((item.inputs.data as BytesTensor).data[0]!))),
    };
  },
};
