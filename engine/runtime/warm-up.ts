/**
 * What a new replica runs before it takes work: an item that the group was given before, in batches of each size. The
 * first batch of a size is slow, since memory is taken, code is compiled, and on a GPU kernels are chosen for its shape.
 */
import { byteLength, isList, type Tensor, type Value } from '../../operators/index.ts';
import type { Program, WarmUpBatch } from './message.ts';

/** An item of more bytes is not kept. */
const mostBytes = 16 * 1024 ** 2;

/** A copy in memory that nobody uses again. */
function copyOf(value: Value): Value {
  if (isList(value)) return value.map(item => copyOf(item) as Tensor);
  if (value.datatype === 'BYTES')
    return { ...value, data: value.data.map(element => Uint8Array.from(element)) };
  return { ...value, data: value.data.slice() } as Tensor;
}

/** Batch sizes up to the largest, each twice the one before, and the largest. */
function sizesUpTo(largest: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < largest; size *= 2) sizes.push(size);
  return [...sizes, largest];
}

export class WarmUp {
  /** Whether an item is still needed. */
  #needed: boolean;
  #sample: { program: Program; values: readonly Value[] } | null = null;

  /** @param pure whether the group's stages may be run for nobody */
  constructor(pure: boolean) {
    this.#needed = pure;
  }

  get needsItem(): boolean {
    return this.#needed;
  }

  /** Keeps an item to warm up with. */
  keep(program: Program, values: readonly Value[]): void {
    this.#needed = false;
    if (values.reduce((sum, value) => sum + byteLength(value), 0) > mostBytes) return;
    this.#sample = { program, values: values.map(copyOf) };
  }

  /** For a pool with this largest batch; null: nothing is known to run. */
  batches(largest: number): WarmUpBatch[] | null {
    if (!this.#sample) return null;
    const { program, values } = this.#sample;
    return sizesUpTo(largest).map(items => ({ program, values, items }));
  }
}
