import {
  arrayType,
  elementBytes,
  type Datatype,
  type NumericArray,
  type NumericDatatype,
} from './datatype.ts';
import { MillraceError } from './errors.ts';

/** Numbers in row-major order. Immutable once an operator has returned it. */
export interface NumericTensor {
  datatype: NumericDatatype;
  shape: readonly number[];
  data: NumericArray;
}

/** Byte strings in row-major order: text in UTF-8, an encoded picture, JSON. */
export interface BytesTensor {
  datatype: 'BYTES';
  shape: readonly number[];
  data: readonly Uint8Array[];
}

export type Tensor = NumericTensor | BytesTensor;

/** What flows along an edge: one tensor, or the list that a fan-out made or a gather collected. */
export type Value = Tensor | readonly Tensor[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Number of elements of a shape; 1 for a scalar's empty shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Wraps numbers without copying them. @throws MillraceError `invalid-input` if `shape` does not fit `data`. */
export function tensor(
  datatype: NumericDatatype,
  shape: readonly number[],
  data: NumericArray,
): NumericTensor {
  if (sizeOf(shape) !== data.length) {
    throw new MillraceError(
      'invalid-input',
      `a tensor of shape [${shape.join(', ')}] has ${sizeOf(shape)} elements, not ${data.length}`,
    );
  }
  return { datatype, shape, data };
}

/** A tensor of zeros. */
export function zeros(datatype: Datatype, shape: readonly number[]): Tensor {
  const size = sizeOf(shape);
  if (datatype === 'BYTES') {
    return { datatype, shape, data: Array.from({ length: size }, () => new Uint8Array(0)) };
  }
  return { datatype, shape, data: new (arrayType(datatype))(new ArrayBuffer(size * elementBytes(datatype))) };
}

/** Byte strings as a tensor of shape `[n]`, or of `shape`. */
export function bytes(
  elements: readonly Uint8Array[],
  shape: readonly number[] = [elements.length],
): BytesTensor {
  return { datatype: 'BYTES', shape, data: elements };
}

/** One text as a BYTES tensor of shape `[1]`. */
export function text(value: string): BytesTensor {
  return bytes([encoder.encode(value)]);
}

/** One number as an FP32 tensor of shape `[1]`. */
export function float(value: number): NumericTensor {
  return { datatype: 'FP32', shape: [1], data: Float32Array.of(value) };
}

/** The texts of a BYTES tensor. */
export function texts(value: BytesTensor): string[] {
  return value.data.map(element => decoder.decode(element));
}

/** The text of a BYTES tensor of one element. */
export function textOf(value: BytesTensor): string {
  return decoder.decode(value.data[0]);
}

export function isList(value: Value): value is readonly Tensor[] {
  return Array.isArray(value);
}

/** Bytes that a value's elements take. */
export function byteLength(value: Value): number {
  if (isList(value)) return value.reduce((sum, item) => sum + byteLength(item), 0);
  if (value.datatype !== 'BYTES') return value.data.byteLength;
  return value.data.reduce((sum, element) => sum + element.byteLength, 0);
}

/** `FP32 [3, 48, 320]`, as diagnostics and errors name a tensor. */
export function describe(value: Value): string {
  if (isList(value)) return `list of ${value.length}`;
  return `${value.datatype} [${value.shape.join(', ')}]`;
}
