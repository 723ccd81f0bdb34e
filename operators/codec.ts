/** Tensors as plain JSON values, for people and for clients that send and read JSON. No Node API in here. */
import { fromBase64, toBase64 } from './base64.ts';
import type { PortType } from './contract.ts';
import { arrayType, elementBytes, isBigInt, isFloat, type NumericDatatype } from './datatype.ts';
import { MillraceError } from './errors.ts';
import { halfToNumber, numberToHalf } from './half.ts';
import { bytes, isList, sizeOf, type NumericTensor, type Tensor, type Value } from './tensor.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The shortest decimal that is this 32-bit float and no other: 0.98, not 0.9800000190734863. */
function shortest(value: number): number {
  if (value === 0) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Five digits tell all half floats apart. */
function shortestHalf(bits: number): number {
  return Number(halfToNumber(bits).toPrecision(5));
}

/** A tensor's elements as JavaScript values, in row-major order; with `json`, BYTES as what their JSON says. */
export function elementsOf(tensor: Tensor, json = false): unknown[] {
  if (tensor.datatype === 'BYTES') return tensor.data.map(element => textOrBase64(element, json));
  const { data, datatype } = tensor;
  if (datatype === 'BOOL') return Array.from(data as Uint8Array, Boolean);
  if (datatype === 'FP16') return Array.from(data as Uint16Array, shortestHalf);
  if (datatype === 'FP32') return Array.from(data as Float32Array, shortest);
  return [...data];
}

function textOrBase64(element: Uint8Array, json: boolean): unknown {
  let text: string;
  try {
    text = decoder.decode(element);
  } catch {
    return { b64: toBase64(element) };
  }
  return json ? JSON.parse(text) : text;
}

function nest(elements: readonly unknown[], shape: readonly number[]): unknown {
  if (shape.length <= 1) return elements;
  const [first = 0, ...rest] = shape;
  const size = sizeOf(rest);
  return Array.from({ length: first }, (_, index) =>
    nest(elements.slice(index * size, (index + 1) * size), rest),
  );
}

/**
 * A value as people read it: one element as itself, more as nested lists, BYTES as text (or `{ b64 }` where they are
 * no text), JSON content as what it says. INT64 stays a bigint: `stringify` writes it with all its digits.
 */
export function toPlain(value: Value, type?: PortType): unknown {
  if (isList(value)) return value.map(item => toPlain(item, type));
  const elements = elementsOf(value, type?.content === 'application/json');
  return elements.length === 1 ? elements[0] : nest(elements, value.shape);
}

/** Values within each other. What a client sent may be deeper than a call stack. */
const deepest = 500;

/**
 * JSON of a plain value: bigints with all their digits, NaN and infinities as null.
 * @throws MillraceError `invalid-input` if it is nested too deeply
 */
export function stringify(value: unknown, depth = 0): string {
  if (depth > deepest) throw new MillraceError('invalid-input', 'a value is nested too deeply');
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(item => stringify(item, depth + 1)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    const members = entries.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member, depth + 1)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * Nested lists as a flat one and its shape, level by level: however deep it is, nothing overflows.
 * @throws MillraceError `invalid-input` if lists of one level are of different lengths
 */
export function unnest(value: unknown): { shape: number[]; elements: unknown[] } {
  const shape: number[] = [];
  let even = true;
  let elements = [value];
  while (elements.some(Array.isArray)) {
    const [first] = elements;
    const length = Array.isArray(first) ? first.length : -1;
    even &&= elements.every(item => Array.isArray(item) && item.length === length);
    shape.push(length);
    elements = elements.flat();
  }
  if (even && sizeOf(shape) === elements.length) return { shape, elements };
  throw new MillraceError('invalid-input', `its lists are of different lengths: ${elements.length} elements`);
}

/** The least and the greatest element of an integer datatype. */
function rangeOf(datatype: NumericDatatype): [bigint, bigint] {
  if (datatype === 'BOOL') return [0n, 1n];
  const values = 2n ** BigInt(elementBytes(datatype) * 8);
  return datatype.startsWith('U') ? [0n, values - 1n] : [-values / 2n, values / 2n - 1n];
}

/** Why a typed array would wrap, cut or round a number away; undefined if it holds it. */
function misfit(number: number | bigint, datatype: NumericDatatype, least: bigint, most: bigint) {
  if (isFloat(datatype)) {
    const given = Number(number);
    const single = datatype === 'FP32' ? Math.fround(given) : given;
    const held = datatype === 'FP16' ? halfToNumber(numberToHalf(given)) : single;
    // An infinity that was given is kept; one that a finite number turns into is not what was meant.
    return Math.abs(held) === Infinity && number !== held ? ': it is too large' : undefined;
  }
  if (typeof number === 'number' && !Number.isInteger(number)) return '';
  if (number < least || number > most) return `: it takes ${least} to ${most}`;
  const exact = typeof number === 'bigint' || Number.isSafeInteger(number);
  return exact ? undefined : ': beyond 2^53 a number is not exact';
}

function numericTensor(
  datatype: NumericDatatype,
  shape: readonly number[],
  elements: readonly unknown[],
): NumericTensor {
  const data = new (arrayType(datatype))(new ArrayBuffer(elements.length * elementBytes(datatype)));
  const [least, most] = isFloat(datatype) ? [0n, 0n] : rangeOf(datatype);
  for (const [index, element] of elements.entries()) {
    const number = typeof element === 'boolean' ? Number(element) : element;
    const isNumber = typeof number === 'number' || typeof number === 'bigint';
    const why = isNumber ? misfit(number, datatype, least, most) : '';
    if (!isNumber || why !== undefined) {
      const shown = typeof element === 'number' ? String(element) : stringify(element).slice(0, 100);
      throw new MillraceError('invalid-input', `${shown} is no ${datatype}${why}`);
    }
    if (isBigInt(datatype)) data[index] = BigInt(number);
    else data[index] = datatype === 'FP16' ? numberToHalf(Number(number)) : Number(number);
  }
  return { datatype, shape, data };
}

/** Bytes that are no text come as `{ b64 }`, as `toPlain` gives them; all else that is no string is its JSON. */
function bytesOf(element: unknown): Uint8Array {
  if (typeof element === 'string') return encoder.encode(element);
  const { b64, ...more } = (element ?? {}) as { b64?: unknown };
  if (typeof b64 === 'string' && Object.keys(more).length === 0) return fromBase64(b64);
  return encoder.encode(stringify(element));
}

/**
 * A tensor from a plain value: nested lists, or a flat one where `type` says the shape.
 * @throws MillraceError `invalid-input` if the elements don't fit the type
 */
export function fromPlain(value: unknown, type: PortType): Tensor {
  const { datatype, shape: declared = [] } = type;
  if (datatype === 'ANY')
    throw new MillraceError('invalid-input', 'a value of any datatype can not be read from JSON');
  const { shape: given, elements } = unnest(value);
  const fixed = declared.every(size => typeof size === 'number' && size >= 0) ? (declared as number[]) : null;
  const shape = fixed && given.length !== fixed.length && sizeOf(fixed) === elements.length ? fixed : given;
  if (datatype !== 'BYTES') return numericTensor(datatype, shape, elements);
  return bytes(elements.map(bytesOf), shape);
}
