/** The datatypes of the Open Inference Protocol, and how each is held in memory. */

const numeric = {
  BOOL: { array: Uint8Array, bytes: 1 },
  UINT8: { array: Uint8Array, bytes: 1 },
  UINT16: { array: Uint16Array, bytes: 2 },
  UINT32: { array: Uint32Array, bytes: 4 },
  UINT64: { array: BigUint64Array, bytes: 8 },
  INT8: { array: Int8Array, bytes: 1 },
  INT16: { array: Int16Array, bytes: 2 },
  INT32: { array: Int32Array, bytes: 4 },
  INT64: { array: BigInt64Array, bytes: 8 },
  /** Half floats are held as their 16 bits: Node 20 has no Float16Array. */
  FP16: { array: Uint16Array, bytes: 2 },
  FP32: { array: Float32Array, bytes: 4 },
  FP64: { array: Float64Array, bytes: 8 },
} as const;

export type NumericDatatype = keyof typeof numeric;
export type Datatype = NumericDatatype | 'BYTES';

/** The typed arrays that hold a numeric tensor's elements. */
export type NumericArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

interface NumericConstructor {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): NumericArray;
  readonly BYTES_PER_ELEMENT: number;
}

export const datatypes: readonly Datatype[] = [...(Object.keys(numeric) as NumericDatatype[]), 'BYTES'];

export function isDatatype(name: unknown): name is Datatype {
  return typeof name === 'string' && datatypes.includes(name as Datatype);
}

/** Bytes of one element. */
export function elementBytes(datatype: NumericDatatype): number {
  return numeric[datatype].bytes;
}

/** The constructor of the typed array that holds `datatype`. */
export function arrayType(datatype: NumericDatatype): NumericConstructor {
  return numeric[datatype].array;
}

/** Whether elements of `datatype` are JavaScript bigints. */
export function isBigInt(datatype: Datatype): datatype is 'INT64' | 'UINT64' {
  return datatype === 'INT64' || datatype === 'UINT64';
}

/** Whether elements of `datatype` are fractions. */
export function isFloat(datatype: Datatype): datatype is 'FP16' | 'FP32' | 'FP64' {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
}
