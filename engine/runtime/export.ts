/** Bringing an operator's outputs into a form that another thread can read without a copy of its own. */
import {
  arrayType,
  byteLength,
  isList,
  type BytesTensor,
  type NumericTensor,
  type Tensor,
  type Value,
} from '../../operators/index.ts';
import type { SharedMemory } from './shared-memory.ts';

/** Values up to this size travel inside the message: copying them costs less than sharing them. */
export const inlineBytes = 4096;

function exportNumeric(tensor: NumericTensor, memory: SharedMemory): NumericTensor {
  const { data, datatype, shape } = tensor;
  if (data.buffer instanceof SharedArrayBuffer) return tensor;
  if (data.byteLength <= inlineBytes) {
    // A view is sent with the whole buffer it looks at, so a part is cut out first.
    return data.byteLength === data.buffer.byteLength ? tensor : { datatype, shape, data: data.slice() };
  }
  const shared = new (arrayType(datatype))(memory.take(data.byteLength), 0, data.length);
  shared.set(data as never);
  return { datatype, shape, data: shared };
}

function exportBytes(tensor: BytesTensor, memory: SharedMemory): BytesTensor {
  if (tensor.data.every(element => element.buffer instanceof SharedArrayBuffer)) return tensor;
  const size = byteLength(tensor);
  const buffer = size <= inlineBytes ? new ArrayBuffer(size) : memory.take(size);
  let at = 0;
  const data = tensor.data.map(element => {
    const copy = new Uint8Array(buffer, at, element.byteLength);
    copy.set(element);
    at += element.byteLength;
    return copy;
  });
  return { datatype: 'BYTES', shape: tensor.shape, data };
}

function exportTensor(tensor: Tensor, memory: SharedMemory): Tensor {
  return tensor.datatype === 'BYTES' ? exportBytes(tensor, memory) : exportNumeric(tensor, memory);
}

/** `value` in shared memory, or small enough to be sent along. */
export function exportValue(value: Value, memory: SharedMemory): Value {
  return isList(value) ? value.map(item => exportTensor(item, memory)) : exportTensor(value, memory);
}

/** Calls `visit` with every shared buffer that `value` lies in, some of them repeatedly. */
export function eachSharedBuffer(value: Value, visit: (buffer: SharedArrayBuffer) => void): void {
  if (isList(value)) {
    for (const item of value) eachSharedBuffer(item, visit);
  } else if (value.datatype === 'BYTES') {
    for (const { buffer } of value.data) if (buffer instanceof SharedArrayBuffer) visit(buffer);
  } else if (value.data.buffer instanceof SharedArrayBuffer) visit(value.data.buffer);
}
