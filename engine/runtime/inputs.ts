/** Taking a query's inputs at the door: every mistake of a client is found here, before anything runs. */
import {
  arrayType,
  byteLength,
  bytes,
  describe,
  isList,
  MillraceError,
  sizeOf,
  SmallMemory,
  text,
  type BytesTensor,
  type NumericTensor,
  type PortType,
  type Tensor,
} from '../../operators/index.ts';
import { inlineBytes } from './export.ts';

/** What a caller may give for an input: a tensor; or for one BYTES element a text or its bytes. */
export type InputValue = Tensor | string | Uint8Array;

/** The tensor that a value stands for. */
export function tensorOf(value: InputValue): Tensor {
  if (typeof value === 'string') return text(value);
  if (value instanceof Uint8Array) return bytes([value]);
  return value;
}

function check(name: string, type: PortType, tensor: Tensor): void {
  const wrong = (problem: string) => new MillraceError('invalid-input', `input "${name}" ${problem}`);
  if (
    tensor === null ||
    typeof tensor !== 'object' ||
    !Array.isArray(tensor.shape) ||
    !tensor.data ||
    isList(tensor)
  ) {
    throw wrong('is not a tensor { datatype, shape, data }');
  }
  if (tensor.datatype !== type.datatype)
    throw wrong(`is ${describe(tensor)}; the pipeline takes ${type.datatype}`);
  const { shape = tensor.shape } = type;
  const fits =
    shape.length === tensor.shape.length &&
    shape.every((size, axis) => {
      const given = tensor.shape[axis]!;
      return (
        Number.isInteger(given) && given >= 0 && (typeof size === 'string' || size < 0 || size === given)
      );
    });
  if (!fits)
    throw wrong(`is of shape [${tensor.shape.join(', ')}]; the pipeline takes [${shape.join(', ')}]`);
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw wrong(
      `has ${tensor.data.length} elements; its shape [${tensor.shape.join(', ')}] has ${sizeOf(tensor.shape)}`,
    );
  }
  const elements =
    tensor.datatype === 'BYTES'
      ? Array.isArray(tensor.data) && tensor.data.every(element => element instanceof Uint8Array)
      : tensor.data instanceof arrayType(tensor.datatype);
  if (!elements) throw wrong(`is not held in the typed array of ${tensor.datatype}`);
}

/** What small inputs are copied into; a caller may change its own once the query is on its way. */
const smallMemory = new SmallMemory();

/** `tensor` where other threads can read it: as it is if it is shared already, or else one copy. */
function shareable(tensor: Tensor): { tensor: Tensor; bytes: number } {
  return tensor.datatype === 'BYTES' ? shareableBytes(tensor) : shareableNumeric(tensor);
}

function shareableBytes(tensor: BytesTensor): { tensor: Tensor; bytes: number } {
  const size = byteLength(tensor);
  if (tensor.data.every(({ buffer }) => buffer instanceof SharedArrayBuffer)) return { tensor, bytes: size };
  const { buffer, offset } = placeFor(size);
  let at = offset;
  const data = tensor.data.map(element => {
    const copy = new Uint8Array(buffer, at, element.byteLength);
    copy.set(element);
    at += element.byteLength;
    return copy;
  });
  return { tensor: { ...tensor, data }, bytes: size > inlineBytes ? size : 0 };
}

function shareableNumeric(tensor: NumericTensor): { tensor: Tensor; bytes: number } {
  const { datatype, shape, data } = tensor;
  const { byteLength: size, length } = data;
  if (data.buffer instanceof SharedArrayBuffer) return { tensor, bytes: size };
  const { buffer, offset } = placeFor(size);
  const copy = new (arrayType(datatype))(buffer, offset, length);
  copy.set(data as never);
  return { tensor: { datatype, shape, data: copy }, bytes: size > inlineBytes ? size : 0 };
}

/** Small values are copied again into every message; others are shared. */
function placeFor(size: number): { buffer: ArrayBufferLike; offset: number } {
  return size > inlineBytes ? { buffer: new SharedArrayBuffer(size), offset: 0 } : smallMemory.take(size);
}

/**
 * Checks a query's inputs against the pipeline's and brings them into memory that every replica can read.
 * @throws MillraceError `invalid-input` naming the input and what is wrong with it
 */
export function takeInputs(
  types: Readonly<Record<string, PortType>>,
  given: Readonly<Record<string, InputValue>>,
): { tensors: Map<string, Tensor>; bytes: number } {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(types, name)) continue;
    const known = Object.keys(types)
      .map(type => `"${type}"`)
      .join(', ');
    throw new MillraceError('invalid-input', `the pipeline has no input "${name}"; it takes ${known}`);
  }
  const tensors = new Map<string, Tensor>();
  let held = 0;
  for (const [name, type] of Object.entries(types)) {
    if (!Object.hasOwn(given, name)) throw new MillraceError('invalid-input', `input "${name}" is missing`);
    const tensor = tensorOf(given[name]!);
    check(name, type, tensor);
    const shared = shareable(tensor);
    tensors.set(name, shared.tensor);
    held += shared.bytes;
  }
  return { tensors, bytes: held };
}
