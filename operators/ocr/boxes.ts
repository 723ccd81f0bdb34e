import type { XStatic } from 'typebox/schema';
import type { Operator, Outputs } from '../contract.ts';
import { float, tensor, type NumericTensor } from '../tensor.ts';
import { convexHull } from './geometry/convex-hull.ts';
import { minAreaRect } from './geometry/min-area-rect.ts';
import { readingOrder } from './geometry/reading-order.ts';
import { corners, unclip, type Rectangle } from './geometry/rectangle.ts';
import { findRegions, outline, type Region } from './geometry/regions.ts';
import { intoTextFrame } from './geometry/text-frame.ts';

const parameters = {
  type: 'object',
  properties: {
    threshold: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.3,
      description: 'Heat from which a pixel is text',
    },
    'box-threshold': {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.6,
      description: 'Mean heat from which a region is text',
    },
    unclip: {
      type: 'number',
      minimum: 0,
      default: 2.2,
      description: 'How far boxes grow: by area * unclip / perimeter',
    },
    'min-size': {
      type: 'number',
      minimum: 0,
      default: 3,
      description: "Least height of a region, in the heatmap's pixels",
    },
    'max-boxes': {
      type: 'integer',
      minimum: 1,
      default: 1000,
      description: 'Of more regions, the largest are kept',
    },
  },
  additionalProperties: false,
} as const;

type BoxesParameters = Required<XStatic<typeof parameters>>;

const mean = (region: Region) => region.sum / region.pixels;

function largest(regions: Region[], count: number): Region[] {
  return regions.length <= count ? regions : regions.sort((a, b) => b.pixels - a.pixels).slice(0, count);
}

function findBoxes(heatmap: NumericTensor, scale: NumericTensor, params: BoxesParameters): Outputs {
  const [, height, width] = heatmap.shape as [number, number, number];
  // Into the source's pixels before any angle is measured: the two factors may differ, and would bend right angles.
  const [scaleX, scaleY] = [1 / Number(scale.data[0]), 1 / Number(scale.data[1])];
  const leastSide = params['min-size'] * Math.sqrt(scaleX * scaleY);
  const found: { rectangle: Rectangle; score: number }[] = [];
  const regions = findRegions(heatmap.data as Float32Array, width, height, params.threshold);
  const texts = regions.filter(region => mean(region) >= params['box-threshold']);
  for (const region of largest(texts, params['max-boxes'])) {
    const rectangle = minAreaRect(convexHull(outline(region, scaleX, scaleY)));
    if (rectangle.height >= leastSide)
      found.push({ rectangle: unclip(rectangle, params.unclip), score: mean(region) });
  }
  const rectangles = intoTextFrame(found.map(each => each.rectangle));
  const order = readingOrder(rectangles);
  return {
    boxes: order.map(i => tensor('FP32', [4, 2], corners(rectangles[i]!))),
    scores: order.map(i => float(found[i]!.score)),
  };
}

export const operator: Operator<BoxesParameters> = {
  description: "Finds the boxes of text in a DB detector's heatmap, in reading order.",
  params: parameters,
  ports: {
    inputs: {
      heatmap: {
        datatype: 'FP32',
        shape: [1, 'height', 'width'],
        description: 'Probability of text, by pixel',
      },
      scale: {
        datatype: 'FP32',
        shape: [2],
        description: 'Heatmap pixels per picture pixel, across and down',
      },
    },
    outputs: {
      boxes: {
        datatype: 'FP32',
        shape: [4, 2],
        list: true,
        description:
          "x, y of the top-left, top-right, bottom-right and bottom-left corner in the text's frame, in the picture's pixels",
      },
      scores: { datatype: 'FP32', shape: [1], list: true, description: 'Mean heat of each region' },
    },
  },
  cost: 'light',
  create: params => ({
    run: batch =>
      batch.map(item =>
        findBoxes(item.inputs.heatmap as NumericTensor, item.inputs.scale as NumericTensor, params),
      ),
  }),
};
