/**
 * The shapes that a model is run with. The processor takes any; every other device chooses or compiles kernels for each
 * shape that it meets: on an H100 with CUDA, the first batch of a shape of the OCR models takes 0.35 to 2 s, and any
 * other 3 to 5 ms. So few shapes are offered there, which are soon all met: batches are filled up to powers of two, and
 * padded axes to two sizes for each doubling.
 */
import type { Device } from '../contract.ts';

/** The next of 1, 2, 4, 8, … */
function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}

/** `items` filled up with the last of them to as many as the device is offered; what fills is run and left out. */
export function filledUp<T>(items: readonly T[], device: Device): readonly T[] {
  if (device === 'cpu') return items;
  const missing = powerOfTwo(items.length) - items.length;
  return missing > 0 ? [...items, ...Array<T>(missing).fill(items.at(-1)!)] : items;
}

/**
 * Size that an axis is padded to.
 * @param widest size of the axis in the widest item
 * @param multiple what the size is a multiple of; on other devices than the processor by 1, 2, 3, 4, 6, 8, 12, 16, …
 */
export function paddedSize(widest: number, multiple: number, device: Device): number {
  const times = Math.max(1, Math.ceil(widest / multiple));
  if (device === 'cpu') return times * multiple;
  const power = powerOfTwo(times);
  return (power > 2 && times <= 0.75 * power ? 0.75 * power : power) * multiple;
}
