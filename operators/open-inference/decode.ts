/** Reading messages: every mistake is `invalid-input` and names the field it is in. */
import { isDatatype } from '../datatype.ts';
import { fromPlain, stringify } from '../codec.ts';
import { MillraceError } from '../errors.ts';
import { sizeOf, type BytesTensor, type Tensor } from '../tensor.ts';
import { fromBase64 } from '../base64.ts';
import type {
  InferRequest,
  InferResponse,
  NamedTensor,
  Parameter,
  Parameters,
  RequestedOutput,
} from './message.ts';
import { decodeRaw } from './raw.ts';

type Fields = Readonly<Record<string, unknown>>;

function wrong(field: string, problem: string): MillraceError {
  return new MillraceError('invalid-input', `${field} ${problem}`);
}

/** `error` with the field it is about in front. */
function within(field: string, error: unknown): unknown {
  return error instanceof MillraceError ? new MillraceError(error.code, `${field} ${error.message}`) : error;
}

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function objectOf(value: unknown, field: string): Fields {
  if (!isFields(value)) throw wrong(field, 'is no object');
  return value;
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, value === undefined ? 'is missing' : 'is no list');
  return value;
}

function textOf(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrong(field, value === undefined ? 'is missing' : 'is no text');
  return value;
}

function isParameter(value: unknown): value is Parameter {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function parametersOf(value: unknown, field: string): Parameters {
  if (value === undefined) return {};
  const parameters = objectOf(value, field);
  // JSON gives objects that inherit nothing which could be listed.
  for (const name in parameters) {
    if (!isParameter(parameters[name])) throw wrong(`${field}.${name}`, 'is no text, number or boolean');
  }
  return parameters as Parameters;
}

/** An id is a text; numbers are taken for the texts they are. */
function idOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return String(value);
  return textOf(value, 'id');
}

function shapeOf(value: unknown, field: string): number[] {
  const shape = listOf(value, field);
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (shape.length > 32) throw wrong(field, `has ${shape.length} dimensions; at most 32 are taken`);
  if (!shape.every(isSize)) throw wrong(field, 'is no list of whole numbers from 0');
  if (!Number.isSafeInteger(sizeOf(shape as number[]))) {
    throw wrong(field, `[${shape.join(', ')}] has more elements than can be counted`);
  }
  return shape as number[];
}

/** The binary tensors behind a message, taken one after the other. */
class Remainder {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  take(size: unknown, field: string): Uint8Array {
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw wrong(field, 'is no number of bytes');
    if ((size as number) > this.left)
      throw wrong(field, `is ${String(size)}, but only ${this.left} bytes are left`);
    const start = this.#at;
    this.#at += size as number;
    return this.#bytes.subarray(start, this.#at);
  }
}

function fromData(data: unknown, tensor: { datatype: Tensor['datatype']; shape: number[] }): Tensor {
  const { datatype, shape } = tensor;
  const { shape: given, data: elements } = fromPlain(data, { datatype, shape: [-1] });
  const flat = given.length === 1;
  const fits = flat || (given.length === shape.length && given.every((size, axis) => size === shape[axis]));
  if (elements.length !== sizeOf(shape) || !fits) {
    const nested = flat ? `${elements.length} elements` : `shape [${given.join(', ')}]`;
    throw new MillraceError('invalid-input', `has ${nested}; "shape" says [${shape.join(', ')}]`);
  }
  return { datatype, shape, data: elements } as Tensor;
}

/** Texts that are base64 as the bytes they stand for. */
function decodeTexts({ data, shape }: BytesTensor): BytesTensor {
  const decoder = new TextDecoder();
  return { datatype: 'BYTES', shape, data: data.map(element => fromBase64(decoder.decode(element))) };
}

function isTexts(data: unknown): boolean {
  return Array.isArray(data) ? data.every(isTexts) : typeof data === 'string';
}

function tensorOf(fields: Fields, field: string, parameters: Parameters, remainder: Remainder): Tensor {
  const { datatype, data } = fields;
  if (!isDatatype(datatype)) {
    const given =
      datatype === undefined ? 'is missing' : `is no datatype: ${stringify(datatype).slice(0, 100)}`;
    throw wrong(`${field}.datatype`, given);
  }
  const shape = shapeOf(fields['shape'], `${field}.shape`);
  const size = parameters['binary_data_size'];
  if (size !== undefined) {
    if (data !== undefined) throw wrong(`${field}.data`, 'is there although "binary_data_size" is too');
    const raw = remainder.take(size, `${field}.parameters.binary_data_size`);
    try {
      return decodeRaw(datatype, shape, raw);
    } catch (error) {
      throw within(`${field}: its binary data`, error);
    }
  }
  if (data === undefined) throw wrong(`${field}.data`, 'is missing');
  if (datatype === 'BYTES' && !isTexts(data)) throw wrong(`${field}.data`, 'holds something that is no text');
  try {
    const tensor = fromData(data, { datatype, shape });
    const isBase64 = tensor.datatype === 'BYTES' && parameters['content_type'] === 'base64';
    return isBase64 ? decodeTexts(tensor) : tensor;
  } catch (error) {
    throw within(`${field}.data`, error);
  }
}

function namedTensors(value: unknown, list: string, binary: Uint8Array): NamedTensor[] {
  const remainder = new Remainder(binary);
  const seen = new Set<string>();
  const named: NamedTensor[] = [];
  for (const [index, item] of listOf(value, list).entries()) {
    const at = `${list}[${index}]`;
    const fields = objectOf(item, at);
    const name = textOf(fields['name'], `${at}.name`);
    const field = `${at} ("${name}")`;
    if (seen.has(name)) throw wrong(field, 'is there twice');
    seen.add(name);
    const parameters = parametersOf(fields['parameters'], `${field}.parameters`);
    named.push({ name, tensor: tensorOf(fields, field, parameters, remainder), parameters });
  }
  if (remainder.left > 0) throw wrong('the body', `has ${remainder.left} bytes that belong to no tensor`);
  return named;
}

function requestedOutputs(value: unknown): RequestedOutput[] {
  return listOf(value, 'outputs').map((item, index) => {
    const at = `outputs[${index}]`;
    const fields = objectOf(item, at);
    const parameters = parametersOf(fields['parameters'], `${at}.parameters`);
    return { name: textOf(fields['name'], `${at}.name`), parameters };
  });
}

/**
 * An inference request from its JSON, read by `parseJson`, and the bytes behind it. Tensors may look at those bytes.
 * @throws MillraceError `invalid-input` naming the field that is wrong
 */
export function decodeInferRequest(json: unknown, binary: Uint8Array): InferRequest {
  const fields = objectOf(json, 'the request');
  const id = idOf(fields['id']);
  const parameters = parametersOf(fields['parameters'], 'parameters');
  // Written out, like all that is done for every query: a spread object costs several times as much.
  const request: InferRequest = { parameters, inputs: namedTensors(fields['inputs'], 'inputs', binary) };
  if (id !== undefined) request.id = id;
  if (fields['outputs'] !== undefined) request.outputs = requestedOutputs(fields['outputs']);
  return request;
}

/**
 * The answer of a server from its JSON and the bytes behind it. Tensors may look at those bytes.
 * @throws MillraceError `invalid-input` naming the field that is wrong
 */
export function decodeInferResponse(json: unknown, binary: Uint8Array): InferResponse {
  const fields = objectOf(json, 'the response');
  const id = idOf(fields['id']);
  return {
    model_name: typeof fields['model_name'] === 'string' ? fields['model_name'] : '',
    model_version: typeof fields['model_version'] === 'string' ? fields['model_version'] : '',
    ...(id !== undefined && { id }),
    // Other servers put anything here.
    ...(isFields(fields['parameters']) && { parameters: fields['parameters'] as Parameters }),
    outputs: namedTensors(fields['outputs'], 'outputs', binary),
  };
}
