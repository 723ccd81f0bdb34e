/** Several queries in one request: their inputs come stacked along a leading axis, and so go their outputs. */
import type { PortType } from '../contract.ts';
import { arrayType, type NumericDatatype } from '../datatype.ts';
import { MillraceError } from '../errors.ts';
import { isList, sizeOf, zeros, type NumericTensor, type Tensor, type Value } from '../tensor.ts';
import type { NamedTensor } from './message.ts';

export interface Queries {
  /** The inputs of each query, by name. */
  queries: readonly Readonly<Record<string, Tensor>>[];
  /** Whether the request had the leading axis, so that the answer is to have it too. */
  batched: boolean;
}

function rankOf({ shape }: PortType): number | null {
  return shape?.length ?? null;
}

/** The part of a tensor that lies at one place of its first axis; it shares the elements. */
export function sliceAt(tensor: Tensor, index: number): Tensor {
  const shape = tensor.shape.slice(1);
  const size = sizeOf(shape);
  const [from, to] = [index * size, (index + 1) * size];
  return tensor.datatype === 'BYTES'
    ? { datatype: 'BYTES', shape, data: tensor.data.slice(from, to) }
    : { datatype: tensor.datatype, shape, data: tensor.data.subarray(from, to) };
}

function byName(inputs: readonly NamedTensor[]): Record<string, Tensor> {
  const [first] = inputs;
  // Most pipelines have one input; entries cost several times as much.
  if (inputs.length === 1) return { [first!.name]: first!.tensor };
  return Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
}

/**
 * Takes a request's inputs apart into queries: one if they are of the pipeline's rank, as many as their leading axis
 * says if they have one axis more.
 * @param most queries of one request
 * @throws MillraceError `invalid-input` if some have the axis and others don't, or it differs; `too-large` beyond `most`
 */
export function splitQueries(
  inputs: readonly NamedTensor[],
  types: Readonly<Record<string, PortType>>,
  most: number,
): Queries {
  const hasAxis = ({ name, tensor }: NamedTensor) => {
    const rank = Object.hasOwn(types, name) ? rankOf(types[name]!) : null;
    return rank !== null && tensor.shape.length === rank + 1;
  };
  if (!inputs.some(hasAxis)) return { queries: [byName(inputs)], batched: false };
  const extra = inputs.filter(hasAxis);
  const [first] = extra as [NamedTensor];
  const count = first.tensor.shape[0]!;
  const other = inputs.find(input => !extra.includes(input) || input.tensor.shape[0] !== count);
  if (other) {
    const problem = `input "${first.name}" holds ${count} queries by its leading axis, but "${other.name}" is of shape [${other.tensor.shape.join(', ')}]`;
    throw new MillraceError('invalid-input', problem);
  }
  if (count === 0)
    throw new MillraceError('invalid-input', `input "${first.name}" holds no query: its leading axis is 0`);
  if (count > most)
    throw new MillraceError('too-large', `the request holds ${count} queries; at most ${most} are taken`);
  const queries = Array.from({ length: count }, (_, index) =>
    Object.fromEntries(inputs.map(({ name, tensor }) => [name, sliceAt(tensor, index)])),
  );
  return { queries, batched: true };
}

/**
 * Tensors of equal shape as one, with a leading axis.
 * @param name for the message
 * @throws MillraceError `stage-failed` if their shapes differ
 */
export function stack(tensors: readonly Tensor[], name: string): Tensor {
  const [first] = tensors as [Tensor];
  const differs = tensors.find(({ shape }) => shape.join() !== first.shape.join());
  if (differs) {
    const shapes = `[${first.shape.join(', ')}] and [${differs.shape.join(', ')}]`;
    throw new MillraceError(
      'stage-failed',
      `output "${name}" can't be stacked: it has shapes ${shapes}; send these queries one by one`,
    );
  }
  const shape = [tensors.length, ...first.shape];
  if (first.datatype === 'BYTES')
    return { datatype: 'BYTES', shape, data: tensors.flatMap(({ data }) => data as readonly Uint8Array[]) };
  return { datatype: first.datatype, shape, data: concatenate(tensors as readonly NumericTensor[]) };
}

function concatenate(tensors: readonly NumericTensor[]): NumericTensor['data'] {
  const datatype: NumericDatatype = tensors[0]!.datatype;
  const size = tensors[0]!.data.length;
  const all = new (arrayType(datatype))(new ArrayBuffer(tensors.length * tensors[0]!.data.byteLength));
  for (const [index, { data }] of tensors.entries()) all.set(data as never, index * size);
  return all;
}

/** A value as one tensor: a list gets a leading axis. @throws MillraceError `stage-failed` if it can't be stacked */
export function asTensor(value: Value, name: string, type: PortType): Tensor {
  if (!isList(value)) return value;
  if (value.length > 0) return stack(value, name);
  const inner = (type.shape ?? []).map(size => (typeof size === 'number' && size > 0 ? size : 0));
  return zeros(type.datatype === 'ANY' ? 'BYTES' : type.datatype, [0, ...inner]);
}
