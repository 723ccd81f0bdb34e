/** A server's answer taken apart and held to what the parameters say of it. */
import type { PortType } from '../contract.ts';
import {
  decodeInferResponse,
  decodeUtf8,
  parseJson,
  sliceAt,
  type InferResponse,
} from '../open-inference/index.ts';
import { MillraceError } from '../errors.ts';
import { describe, type Tensor } from '../tensor.ts';
import type { Answer } from './connection.ts';
import { failureOfAnswer } from './failure.ts';

/** An output and the server's name of it. */
export interface RemoteOutput {
  port: string;
  theirs: string;
  type: PortType;
}

function read({ bytes, jsonLength }: Answer): InferResponse {
  try {
    const json = parseJson(decodeUtf8(bytes.subarray(0, jsonLength)));
    return decodeInferResponse(json, bytes.subarray(jsonLength));
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw failureOfAnswer(`the server's answer can't be read: ${error.message}`);
  }
}

function fits({ datatype, shape = [] }: PortType, tensor: Tensor): boolean {
  return (
    tensor.datatype === datatype &&
    tensor.shape.length === shape.length &&
    shape.every((size, axis) => typeof size === 'string' || size < 0 || size === tensor.shape[axis])
  );
}

/** One output of each query. */
function split(tensor: Tensor, name: string, queries: number): Tensor[] {
  if (tensor.shape[0] !== queries) {
    throw failureOfAnswer(
      `the server gave "${name}" as ${describe(tensor)} for ${queries} ${queries === 1 ? 'query' : 'queries'} along ` +
        'a leading axis; if it takes one query at a time, say `batch: single`',
    );
  }
  return Array.from({ length: queries }, (_, index) => sliceAt(tensor, index));
}

/**
 * The outputs of each query from the answer to a request.
 * @param stacked how many queries the request held along a leading axis; null: one, without that axis
 * @throws RequestFailure if it can't be read, lacks an output, or gives one of another datatype or shape
 */
export function outputsOf(
  answer: Answer,
  outputs: readonly RemoteOutput[],
  stacked: number | null,
): Record<string, Tensor>[] {
  const given = new Map(read(answer).outputs.map(({ name, tensor }) => [name, tensor]));
  const results = Array.from({ length: stacked ?? 1 }, (): Record<string, Tensor> => ({}));
  for (const { port, theirs, type } of outputs) {
    const tensor = given.get(theirs);
    if (!tensor) {
      const names = [...given.keys()].map(name => `"${name}"`).join(', ') || 'none';
      throw failureOfAnswer(`the server gave no output "${theirs}"; it gave ${names}`);
    }
    const parts = stacked === null ? [tensor] : split(tensor, theirs, stacked);
    for (const [index, part] of parts.entries()) {
      if (!fits(type, part)) {
        const wanted = `${type.datatype} [${type.shape!.join(', ')}]`;
        throw failureOfAnswer(`the server gave "${theirs}" as ${describe(part)}, not as ${wanted}`);
      }
      results[index]![port] = part;
    }
  }
  return results;
}
