/** Writing messages: tensors in their JSON, or behind it as bytes. */
import { elementsOf } from '../codec.ts';
import type { BytesTensor, Tensor } from '../tensor.ts';
import { toBase64 } from '../base64.ts';
import type { EncodedMessage, InferRequest, InferResponse, NamedTensor, Parameters } from './message.ts';
import { encodeRaw } from './raw.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textsOf({ data }: BytesTensor): string[] | null {
  try {
    return data.map(element => decoder.decode(element));
  } catch {
    return null;
  }
}

function jsonOfElement(element: unknown): string {
  if (typeof element !== 'number') return String(element);
  if (Object.is(element, -0)) return '-0';
  return Number.isFinite(element) ? String(element) : 'null';
}

/**
 * Elements as JSON; NaN and infinities, which JSON does not have, as null. Integers keep all their digits. BYTES are
 * texts, or base64 where one is no text or the tensor's own parameters say so.
 */
function jsonOf(tensor: Tensor, given: Parameters = {}): { data: string; parameters?: Parameters } {
  if (tensor.datatype !== 'BYTES') {
    return { data: `[${elementsOf(tensor).map(jsonOfElement).join(',')}]` };
  }
  const texts = given['content_type'] === 'base64' ? null : textsOf(tensor);
  if (texts) return { data: JSON.stringify(texts) };
  return { data: JSON.stringify(tensor.data.map(toBase64)), parameters: { content_type: 'base64' } };
}

/** Writes one tensor's JSON, and adds its bytes to `behind` if it is to be binary. */
function encodeTensor(
  { name, tensor, parameters }: NamedTensor,
  binary: boolean,
  behind: Uint8Array[],
): string {
  const head = `{"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(',')}]`;
  if (binary) {
    const raw = encodeRaw(tensor);
    behind.push(raw);
    const size = `"binary_data_size":${raw.byteLength}`;
    const others = parameters ? JSON.stringify(parameters).slice(1, -1) : '';
    return `${head},"parameters":{${others === '' ? size : `${others},${size}`}}}`;
  }
  const { data, parameters: added } = jsonOf(tensor, parameters);
  const all = { ...parameters, ...added };
  const tail = Object.keys(all).length > 0 ? `,"parameters":${JSON.stringify(all)}` : '';
  return `${head}${tail},"data":${data}}`;
}

function optional(name: string, value: unknown): string {
  return value === undefined ? '' : `"${name}":${JSON.stringify(value)},`;
}

/** @param isBinary which outputs are to follow as bytes */
export function encodeInferResponse(
  { model_name, model_version, id, parameters, outputs }: InferResponse,
  isBinary: (name: string) => boolean,
): EncodedMessage {
  const tensors: Uint8Array[] = [];
  const listed = outputs.map(output => encodeTensor(output, isBinary(output.name), tensors)).join(',');
  const head = `"model_name":${JSON.stringify(model_name)},"model_version":${JSON.stringify(model_version)},`;
  return {
    json: `{${head}${optional('id', id)}${optional('parameters', parameters)}"outputs":[${listed}]}`,
    tensors,
  };
}

/** @param isBinary which inputs are to follow as bytes */
export function encodeInferRequest(
  { id, parameters, inputs, outputs }: InferRequest,
  isBinary: (name: string) => boolean,
): EncodedMessage {
  const tensors: Uint8Array[] = [];
  const listed = inputs.map(input => encodeTensor(input, isBinary(input.name), tensors)).join(',');
  const given = Object.keys(parameters).length > 0 ? parameters : undefined;
  return {
    json: `{${optional('id', id)}${optional('parameters', given)}${optional('outputs', outputs)}"inputs":[${listed}]}`,
    tensors,
  };
}
