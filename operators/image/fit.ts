import type { Sharp } from 'sharp';
import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { tensor, type NumericTensor } from '../tensor.ts';
import { checkFitting, fittedSize } from './fitted-size.ts';
import { loadSharp } from './sharp.ts';

const parameters = {
  type: 'object',
  properties: {
    longest: {
      type: 'integer',
      minimum: 1,
      maximum: 16384,
      description: 'The longer side is shrunk to this, the aspect ratio kept',
    },
    enlarge: {
      type: 'boolean',
      default: false,
      description: 'With `longest`: a smaller picture is enlarged to it',
    },
    multiple: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description: 'With `longest`: sides are rounded to a multiple of this, by stretching',
    },
    width: {
      type: 'integer',
      minimum: 1,
      maximum: 16384,
      description: 'Width of the result; with `height`, instead of `longest`',
    },
    height: {
      type: 'integer',
      minimum: 1,
      maximum: 16384,
      description: 'Height of the result',
    },
    mode: {
      enum: ['contain', 'cover', 'fill'],
      default: 'contain',
      description: 'With `width` and `height`: pad to the right and below, cut off evenly, or stretch',
    },
    pad: {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      default: 0,
      description: 'What `contain` pads with',
    },
    kernel: {
      enum: ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos3'],
      default: 'linear',
      description: 'How pixels are resampled',
    },
  },
  additionalProperties: false,
} as const;

type Filled = 'enlarge' | 'multiple' | 'mode' | 'pad' | 'kernel';
type FitParameters = XStatic<typeof parameters> & Required<Pick<XStatic<typeof parameters>, Filled>>;

/**
 * Resizes pictures with sharp. Its kernels widen as they shrink, so none aliases. `linear`, the default, is what
 * the usual vision models were trained on, and the only smooth one that never overshoots: the sharper ones draw
 * halos around letters.
 */
export const operator: Operator<FitParameters> = {
  description: 'Resizes a picture to a longest side, or into a width and a height.',
  params: parameters,
  ports(params) {
    checkFitting(params);
    const size =
      params.longest === undefined ? [params.height!, params.width!] : ['fitted-height', 'fitted-width'];
    return {
      inputs: { image: { datatype: 'UINT8', shape: ['height', 'width', 'channels'] } },
      outputs: {
        image: { datatype: 'UINT8', shape: [...size, 'channels'] },
        scale: {
          datatype: 'FP32',
          shape: [2],
          description: 'Result pixels per source pixel, across and down',
        },
      },
    };
  },
  cost: 'light',
  async create(params, site) {
    checkFitting(params);
    const sharp = await loadSharp();

    async function fit(image: NumericTensor): Promise<Outputs | Error> {
      const [height, width, channels] = image.shape as [number, number, number];
      if (image.data.length === 0) return new MillraceError('invalid-input', 'the picture has no pixels');
      const { scaled, shown, result } = fittedSize(width, height, params);
      const scale = tensor('FP32', [2], Float32Array.of(scaled.width / width, scaled.height / height));
      if (result.width === width && result.height === height) return { image, scale };
      let picture: Sharp = sharp(image.data as Uint8Array, {
        raw: { width, height, channels: channels as 1 | 2 | 3 | 4 },
        limitInputPixels: false,
      });
      picture = picture.resize(scaled.width, scaled.height, { fit: 'fill', kernel: params.kernel });
      if (shown.width < scaled.width || shown.height < scaled.height) {
        picture = picture.extract({
          left: (scaled.width - shown.width) >> 1,
          top: (scaled.height - shown.height) >> 1,
          ...shown,
        });
      }
      // Without this, sharp would make three channels of a grey picture.
      const resized = await picture
        .toColourspace(channels < 3 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer();
      const row = shown.width * channels;
      const size = result.height * result.width * channels;
      const pixels = new Uint8Array(site.allocate(size), 0, size);
      if (shown.width < result.width || shown.height < result.height) pixels.fill(params.pad);
      for (let y = 0; y < shown.height; y++) {
        pixels.set(resized.subarray(y * row, (y + 1) * row), y * result.width * channels);
      }
      return { image: tensor('UINT8', [result.height, result.width, channels], pixels), scale };
    }

    return { run: batch => Promise.all(batch.map(item => fit(item.inputs.image as NumericTensor))) };
  },
};
