/** Elements of tensors as little-endian bytes; each element of BYTES after its length, 32 bits. */
import { arrayType, elementBytes, type Datatype } from '../datatype.ts';
import { MillraceError } from '../errors.ts';
import { SmallMemory } from '../small-memory.ts';
import { byteLength, sizeOf, type Tensor } from '../tensor.ts';

/** Of elements that are written into messages. */
const memory = new SmallMemory();

function wrong(problem: string): MillraceError {
  return new MillraceError('invalid-input', problem);
}

/**
 * The tensor that some bytes hold. It looks at them in place where they lie on the boundary its elements need, and at
 * a copy otherwise.
 * @throws MillraceError `invalid-input` if they are not as many as the shape takes
 */
export function decodeRaw(datatype: Datatype, shape: readonly number[], raw: Uint8Array): Tensor {
  if (datatype === 'BYTES') return { datatype, shape, data: decodeElements(sizeOf(shape), raw) };
  const bytes = elementBytes(datatype);
  const expected = sizeOf(shape) * bytes;
  if (raw.byteLength !== expected) {
    throw wrong(`has ${raw.byteLength} bytes; ${datatype} of shape [${shape.join(', ')}] takes ${expected}`);
  }
  // A Buffer's `slice` would be no copy.
  const aligned = raw.byteOffset % bytes === 0 ? raw : new Uint8Array(raw);
  const { buffer, byteOffset } = aligned;
  return { datatype, shape, data: new (arrayType(datatype))(buffer, byteOffset, sizeOf(shape)) };
}

function decodeElements(count: number, raw: Uint8Array): Uint8Array[] {
  // Each takes four bytes at least: a count that lies makes no long list.
  if (count * 4 > raw.byteLength) throw wrong(`has ${raw.byteLength} bytes, too few for ${count} elements`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 4 > raw.byteLength) throw wrong(`ends before element ${index} of ${count}`);
    const length = view.getUint32(at, true);
    at += 4;
    if (at + length > raw.byteLength) {
      throw wrong(`ends within element ${index}, which says it is ${length} bytes long`);
    }
    elements.push(raw.subarray(at, at + length));
    at += length;
  }
  if (at !== raw.byteLength) {
    throw wrong(`has ${raw.byteLength - at} bytes more than its ${count} elements`);
  }
  return elements;
}

/** A tensor's elements as bytes; of a numeric one without a copy. */
export function encodeRaw(tensor: Tensor): Uint8Array {
  if (tensor.datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = tensor.data;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const size = byteLength(tensor) + 4 * tensor.data.length;
  const { buffer, offset } = memory.take(size);
  const raw = new Uint8Array(buffer, offset, size);
  const view = new DataView(buffer, offset);
  let at = 0;
  for (const element of tensor.data) {
    view.setUint32(at, element.byteLength, true);
    raw.set(element, at + 4);
    at += 4 + element.byteLength;
  }
  return raw;
}
