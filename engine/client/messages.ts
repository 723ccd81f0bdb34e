/** What client and server say to each other. */
import {
  bytes,
  decodeInferResponse,
  encodeInferRequest,
  MillraceError,
  parseJson,
  readFrame,
  text,
  writeFrame,
  type ErrorCode,
  type InferResponse,
  type NamedTensor,
  type Parameter,
  type Tensor,
} from '../../operators/browser.ts';
import type { InputValue, PartialResult, Query } from './query.ts';

/** The server's first words. */
export interface Hello {
  pipeline: string;
  version: string;
  /** Queries that may be in flight on a connection. */
  window: number;
  /** Bytes of a frame. */
  max_message: number;
  /** Whether queries change what later ones find. */
  state?: boolean;
}

export type Incoming =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'goaway' }
  | { kind: 'partial'; id: string; result: PartialResult }
  | { kind: 'answer'; id: string; answer: InferResponse }
  | { kind: 'error'; id: string; error: MillraceError }
  /** Nothing that a query waits for. */
  | { kind: 'other' };

type Fields = Readonly<Record<string, unknown>>;

function tensorOf(value: InputValue): Tensor {
  if (typeof value === 'string') return text(value);
  return value instanceof Uint8Array ? bytes([value]) : value;
}

function parametersOf({ options, left }: Query): Record<string, Parameter> {
  const { partial, priority, sequence, start, end } = options;
  const given = {
    // Clocks differ: what travels is the time left, in microseconds.
    timeout: left < Infinity ? Math.max(0, Math.ceil(left * 1000)) : undefined,
    partial: partial ? true : undefined,
    priority,
    sequence_id: sequence,
    sequence_start: start,
    sequence_end: end,
  };
  const entries = Object.entries(given).filter(
    (entry): entry is [string, Parameter] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** A query as a frame, all its tensors as bytes. */
export function askFrame(id: string, query: Query): Uint8Array {
  const inputs = Object.entries(query.inputs).map(([name, value]): NamedTensor => ({
    name,
    tensor: tensorOf(value),
  }));
  const outputs = query.options.outputs?.map(name => ({ name }));
  const request = { id, parameters: parametersOf(query), inputs, ...(outputs && { outputs }) };
  return writeFrame(encodeInferRequest(request, () => true));
}

export function cancelFrame(id: string): string {
  return JSON.stringify({ cancel: id });
}

function errorOf({ code, message, stage }: Fields): MillraceError {
  const named = typeof stage === 'string' ? { stage } : {};
  return new MillraceError(code as ErrorCode, String(message), named);
}

/** Outputs by their names. */
export function byName({ outputs }: InferResponse): Record<string, Tensor> {
  return Object.fromEntries(outputs.map(({ name, tensor }) => [name, tensor]));
}

/** @throws MillraceError `invalid-input` if it can't be read */
export function readIncoming(data: unknown): Incoming {
  const frame = data instanceof ArrayBuffer ? readFrame(new Uint8Array(data)) : null;
  const fields = parseJson(frame ? frame.json : String(data)) as Fields;
  const { hello, goaway, id, error } = fields;
  if (hello !== undefined) return { kind: 'hello', hello: hello as Hello };
  if (goaway !== undefined) return { kind: 'goaway' };
  // A cancellation that came too late: whoever sent it waits for nothing any more.
  if (typeof id !== 'string' || fields['cancel'] !== undefined) return { kind: 'other' };
  if (error !== undefined) return { kind: 'error', id, error: errorOf(error as Fields) };
  const answer = decodeInferResponse(fields, frame ? frame.binary : new Uint8Array(0));
  const { stage, index } = answer.parameters ?? {};
  if (typeof stage !== 'string') return { kind: 'answer', id, answer };
  const place = typeof index === 'number' ? index : undefined;
  return { kind: 'partial', id, result: { stage, index: place, outputs: byName(answer) } };
}
