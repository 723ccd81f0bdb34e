/** Stacking items into a model's batch and taking its answer apart, along any batch axis. */
import { arrayType, elementBytes, type NumericArray } from '../datatype.ts';
import { sizeOf, type BytesTensor, type NumericTensor, type Tensor } from '../tensor.ts';

/** Padding along one axis of an item (the batch axis not counted). */
export interface Padding {
  axis: number;
  /** Size of that axis after padding. */
  size: number;
  value: number;
}

/** `shape` with padding applied. */
function paddedShape(shape: readonly number[], padding: Padding | null): readonly number[] {
  return padding ? shape.with(padding.axis, padding.size) : shape;
}

/** Copies `item` into `target`, which holds exactly its padded elements. */
function copyPadded(item: NumericTensor, padding: Padding, target: NumericArray): void {
  const width = item.shape[padding.axis] ?? 0;
  const inner = sizeOf(item.shape.slice(padding.axis + 1));
  const rows = sizeOf(item.shape.slice(0, padding.axis));
  const from = width * inner;
  const to = padding.size * inner;
  if (from === to) {
    target.set(item.data as never);
    return;
  }
  // Bigint tensors pad with a bigint; everything else with the number as it is.
  target.fill(
    (target instanceof BigInt64Array || target instanceof BigUint64Array
      ? BigInt(padding.value)
      : padding.value) as never,
  );
  for (let row = 0; row < rows; row++) {
    target.set(item.data.subarray(row * from, (row + 1) * from) as never, row * to);
  }
}

/** Gives `bytes` of memory to stack into: scratch that lives until the next call is enough. */
type Scratch = (bytes: number) => ArrayBuffer;

/**
 * Stacks items of one shape (after padding) along a new axis `batchAxis`.
 * A lone item that needs neither padding nor a move out of shared memory is not copied.
 */
export function stack(
  items: readonly NumericTensor[],
  batchAxis: number,
  padding: Padding | null,
  scratch: Scratch,
): NumericTensor {
  const [first] = items;
  if (!first) throw new RangeError('nothing to stack');
  const shape = paddedShape(first.shape, padding);
  const stacked = shape.toSpliced(batchAxis, 0, items.length);
  const size = sizeOf(shape);
  if (items.length === 1 && first.data.length === size && first.data.buffer instanceof ArrayBuffer) {
    return { datatype: first.datatype, shape: stacked, data: first.data };
  }
  const Elements = arrayType(first.datatype);
  const buffer = scratch(items.length * size * elementBytes(first.datatype));
  const data = new Elements(buffer, 0, items.length * size);
  if (sizeOf(shape.slice(0, batchAxis)) === 1) {
    for (const [index, item] of items.entries()) {
      const target = data.subarray(index * size, (index + 1) * size);
      if (padding) copyPadded(item, padding, target);
      else target.set(item.data as never);
    }
    return { datatype: first.datatype, shape: stacked, data };
  }
  const rows = sizeOf(shape.slice(0, batchAxis));
  const row = size / rows;
  for (const [index, item] of items.entries()) {
    let elements = item.data;
    if (padding) {
      elements = new Elements(new ArrayBuffer(size * elementBytes(first.datatype)));
      copyPadded(item, padding, elements);
    }
    for (let r = 0; r < rows; r++) {
      data.set(elements.subarray(r * row, (r + 1) * row) as never, (r * items.length + index) * row);
    }
  }
  return { datatype: first.datatype, shape: stacked, data };
}

/** Stacks byte strings along a new axis `batchAxis`. */
export function stackBytes(items: readonly BytesTensor[], batchAxis: number): BytesTensor {
  const shape = items[0]?.shape ?? [];
  const rows = sizeOf(shape.slice(0, batchAxis));
  const row = sizeOf(shape) / rows;
  const data: Uint8Array[] = [];
  for (let r = 0; r < rows; r++) {
    for (const item of items) data.push(...item.data.slice(r * row, (r + 1) * row));
  }
  return { datatype: 'BYTES', shape: shape.toSpliced(batchAxis, 0, items.length), data };
}

/** Takes a batch apart into its items; views of the batch where the batch axis comes first. */
export function unstack(batch: Tensor, batchAxis: number): Tensor[] {
  const count = batch.shape[batchAxis] ?? 0;
  const shape = batch.shape.toSpliced(batchAxis, 1);
  const rows = sizeOf(shape.slice(0, batchAxis));
  const size = sizeOf(shape);
  const row = size / rows;
  const indices = Array.from({ length: count }, (_, index) => index);
  if (batch.datatype === 'BYTES') {
    return indices.map(index => {
      const data: Uint8Array[] = [];
      for (let r = 0; r < rows; r++) {
        const at = (r * count + index) * row;
        data.push(...batch.data.slice(at, at + row));
      }
      return { datatype: 'BYTES', shape, data };
    });
  }
  const { datatype, data } = batch;
  if (rows === 1) {
    return indices.map(index => ({ datatype, shape, data: data.subarray(index * size, (index + 1) * size) }));
  }
  return indices.map(index => {
    const item = new (arrayType(datatype))(new ArrayBuffer(size * elementBytes(datatype)));
    for (let r = 0; r < rows; r++) {
      const at = (r * count + index) * row;
      item.set(data.subarray(at, at + row) as never, r * row);
    }
    return { datatype, shape, data: item };
  });
}
