import type { Affine } from '../../image/per-channel.ts';
import type { Rectangle } from './rectangle.ts';

/** An RGB picture, its bytes row by row. */
export interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/**
 * Draws what `rectangle` covers of `picture` upright into `into`: planes R, G, B of `stride` x `height` numbers, of
 * which the first `width` columns are written, each `byte * factor + offset`. Bilinear; where the picture is shrunk,
 * the mean of as many samples as a pixel of the result covers, so that thin strokes don't vanish. Beyond the
 * picture's edges its outermost pixels go on.
 */
export function warp(
  picture: Picture,
  rectangle: Rectangle,
  affine: Affine,
  into: Float32Array,
  { width, height, stride }: { width: number; height: number; stride: number },
): void {
  const across = Math.max(1, Math.round(rectangle.width / width));
  const down = Math.max(1, Math.round(rectangle.height / height));
  const plane = stride * height;
  const share = affine.factor.map(each => each / (across * down));
  const { ux, uy } = rectangle;
  const stepX = rectangle.width / width;
  const stepY = rectangle.height / height;
  for (let y = 0; y < height; y++) {
    const to = y * stride;
    affine.offset.forEach((offset, channel) => {
      into.fill(offset, channel * plane + to, channel * plane + to + width);
    });
    for (let sample = 0; sample < across * down; sample++) {
      const right = ((sample % across) + 0.5) * (stepX / across) - rectangle.width / 2;
      const below = (y + (Math.floor(sample / across) + 0.5) / down) * stepY - rectangle.height / 2;
      // A pixel's value is that of its middle, which lies half a pixel beyond its column and row.
      const startX = rectangle.x + right * ux - below * uy - 0.5;
      const startY = rectangle.y + right * uy + below * ux - 0.5;
      addRow(picture, startX, startY, stepX * ux, stepX * uy, share, into, to, width, plane);
    }
  }
}

/**
 * Adds one sample of `picture` to each of `width` pixels from `into[to]` on, in three planes `plane` apart: the first
 * at (x, y), each next one (dx, dy) further. A crop's time goes by here, so it is written out for the three channels,
 * and without the destructuring that would make it thrice as slow.
 */
function addRow(
  picture: Picture,
  x: number,
  y: number,
  dx: number,
  dy: number,
  factor: readonly number[],
  into: Float32Array,
  to: number,
  width: number,
  plane: number,
): void {
  const pixels = picture.pixels;
  const rowBytes = picture.width * 3;
  const lastX = picture.width - 1;
  const lastY = picture.height - 1;
  const red = factor[0]!;
  const green = factor[1]!;
  const blue = factor[2]!;
  for (const end = to + width; to < end; to++, x += dx, y += dy) {
    const insideX = x < 0 ? 0 : x > lastX ? lastX : x;
    const insideY = y < 0 ? 0 : y > lastY ? lastY : y;
    const left = insideX | 0;
    const top = insideY | 0;
    const partX = insideX - left;
    const partY = insideY - top;
    const below = top < lastY ? rowBytes : 0;
    // The four pixels around: a b above c d.
    const a = top * rowBytes + left * 3;
    const b = left < lastX ? a + 3 : a;
    const c = a + below;
    const d = b + below;
    const ofD = partX * partY;
    const ofB = partX - ofD;
    const ofC = partY - ofD;
    const ofA = 1 - partX - ofC;
    into[to]! += (pixels[a]! * ofA + pixels[b]! * ofB + pixels[c]! * ofC + pixels[d]! * ofD) * red;
    into[to + plane]! +=
      (pixels[a + 1]! * ofA + pixels[b + 1]! * ofB + pixels[c + 1]! * ofC + pixels[d + 1]! * ofD) * green;
    into[to + 2 * plane]! +=
      (pixels[a + 2]! * ofA + pixels[b + 2]! * ofB + pixels[c + 2]! * ofC + pixels[d + 2]! * ofD) * blue;
  }
}
