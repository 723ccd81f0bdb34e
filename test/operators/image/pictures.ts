import sharp from 'sharp';
import { bytes, tensor, type NumericTensor } from '../../../operators/index.ts';

/** A picture of `width` x `height` whose pixel at (x, y) is `at(x, y)`. */
export function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly number[],
): NumericTensor {
  const pixels = Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)));
  return tensor('UINT8', [height, width, pixels[0]!.length], Uint8Array.from(pixels.flat()));
}

export const encoded = (data: Uint8Array) => ({ data: bytes([data]) });

/** A raw picture for sharp to encode. */
export function raw({ data, shape }: NumericTensor) {
  const [height, width, channels] = shape as [number, number, 1 | 2 | 3 | 4];
  return sharp(data as Uint8Array, { raw: { width, height, channels } });
}
