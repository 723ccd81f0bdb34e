import {
  encodeInferResponse,
  writeBody,
  type InferRequest,
  type InferResponse,
} from '../../../operators/index.ts';
import { jsonReply } from '../exchange.ts';
import { flagOf } from '../inference.ts';
import type { HttpReply } from '../transport.ts';
import { lengthHeader } from './request.ts';

/**
 * Which outputs are to follow the JSON as bytes.
 * @param otherwise for those of which the request says nothing
 * @throws MillraceError `invalid-input` if it says something that is neither true nor false
 */
export function binaryOutputs(
  { parameters, outputs }: InferRequest,
  otherwise: boolean,
): (name: string) => boolean {
  const all = flagOf(parameters, 'binary_data_output', otherwise);
  if (!outputs) return () => all;
  const wanted = new Map(
    outputs.map(({ name, parameters = {} }) => [name, flagOf(parameters, 'binary_data', all)]),
  );
  return name => wanted.get(name) ?? all;
}

/** An answer as a reply: JSON, with the tensors that are to be binary behind it. */
export function inferReply(response: InferResponse, isBinary: (name: string) => boolean): HttpReply {
  const message = encodeInferResponse(response, isBinary);
  if (message.tensors.length === 0) return jsonReply(message.json);
  const { body, jsonLength } = writeBody(message);
  const headers = { 'content-type': 'application/octet-stream', [lengthHeader]: String(jsonLength) };
  return { status: 200, headers, body };
}
