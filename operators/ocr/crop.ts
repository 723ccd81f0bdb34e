import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs, Site } from '../contract.ts';
import { MillraceError } from '../errors.ts';
import { normalisation, PerChannel, type Affine } from '../image/per-channel.ts';
import { tensor, type NumericTensor } from '../tensor.ts';
import { quarterTurn } from './geometry/min-area-rect.ts';
import { fromCorners, type Rectangle } from './geometry/rectangle.ts';
import { warp, type Picture } from './geometry/warp.ts';

const parameters = {
  type: 'object',
  properties: {
    height: {
      type: 'integer',
      minimum: 1,
      default: 48,
      description: 'Height of every crop',
    },
    width: {
      type: 'integer',
      minimum: 1,
      description: 'Width of every crop: longer ones are squeezed into it, shorter ones padded with 0',
    },
    'max-width': {
      type: 'integer',
      minimum: 1,
      default: 3200,
      description: 'Without `width`: longer crops are squeezed into this',
    },
    mean: {
      ...PerChannel,
      default: 0.5,
      description: 'Subtracted after scaling; one number, or one for each channel',
    },
    std: {
      ...PerChannel,
      default: 0.5,
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

type CropParameters = Omit<Required<XStatic<typeof parameters>>, 'width'> & { width?: number };

/** Height over width from which a box is taken for vertical text and laid on its side, as PP-OCR does. */
const vertical = 1.5;

function cropOne(
  picture: Picture,
  rectangle: Rectangle,
  params: CropParameters,
  affine: Affine,
  site: Site,
): NumericTensor {
  const { height } = params;
  // A box without height has no aspect ratio; it is drawn as a square of its one line of pixels.
  const natural = Math.round((height * rectangle.width) / rectangle.height) || height;
  const width = Math.max(1, Math.min(natural, params.width ?? params['max-width']));
  const stride = params.width ?? width;
  const length = 3 * height * stride;
  const numbers = new Float32Array(site.allocate(length * 4), 0, length);
  if (stride > width) numbers.fill(0);
  warp(picture, rectangle, affine, numbers, { width, height, stride });
  return tensor('FP32', [3, height, stride], numbers);
}

export const operator: Operator<CropParameters> = {
  description: "Cuts each box out of a picture, upright, as a text recogniser's input.",
  params: parameters,
  ports(params) {
    normalisation(params, 3);
    return {
      inputs: {
        image: { datatype: 'UINT8', shape: ['height', 'width', 3] },
        boxes: {
          datatype: 'FP32',
          shape: [4, 2],
          list: true,
          description: 'Corners, as `ocr/boxes` gives them',
        },
      },
      outputs: {
        crops: { datatype: 'FP32', shape: [3, params.height, params.width ?? 'crop-width'], list: true },
      },
    };
  },
  cost: 'light',
  create(params, site) {
    const affine = normalisation(params, 3);

    function crop(image: NumericTensor, boxes: readonly NumericTensor[]): Outputs | Error {
      const [height, width] = image.shape as [number, number];
      if (width * height === 0) return new MillraceError('invalid-input', 'the picture has no pixels');
      const damaged = boxes.findIndex(box => !(box.data as Float32Array).every(Number.isFinite));
      if (damaged >= 0)
        return new MillraceError('invalid-input', `a corner of box ${damaged} is not a number`);
      const picture = { pixels: image.data as Uint8Array, width, height };
      const crops = boxes.map(box => {
        const rectangle = fromCorners(box.data as Float32Array);
        // To the left, so that text written downwards stands upright.
        const turned = rectangle.height >= vertical * rectangle.width ? quarterTurn(rectangle) : rectangle;
        return cropOne(picture, turned, params, affine, site);
      });
      return { crops };
    }

    return {
      run: batch =>
        batch.map(({ inputs }) =>
          crop(inputs.image as NumericTensor, inputs.boxes as readonly NumericTensor[]),
        ),
    };
  },
};
