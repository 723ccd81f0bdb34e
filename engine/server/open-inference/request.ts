/** Inference requests over HTTP: JSON, JSON with binary tensors behind it, or the bytes of the pipeline's only input. */
import {
  bytes,
  decodeInferRequest,
  decodeRaw,
  decodeUtf8,
  MillraceError,
  parseJson,
  type InferRequest,
  type PortType,
  type Tensor,
} from '../../../operators/index.ts';
import { mediaType, unsupported } from '../exchange.ts';
import type { Service } from '../service.ts';
import type { HttpRequest } from '../transport.ts';

/** Length of the JSON in front of binary tensors; 0: there is none, and the body is the only input's bytes. */
export const lengthHeader = 'inference-header-content-length';

const none = new Uint8Array(0);
/** What holds several values, none of which is said to be the input. */
const forms = new Set(['multipart/form-data', 'application/x-www-form-urlencoded']);

function isJson(type: string): boolean {
  return type === '' || type === 'application/json' || type.endsWith('+json');
}

/** The value of the header, null if it is not there. @throws MillraceError `invalid-input` if it is no length */
function jsonLength(header: string): number | null {
  if (header === '') return null;
  if (/^\d{1,15}$/.test(header)) return Number(header);
  throw new MillraceError('invalid-input', `${lengthHeader} is no number of bytes: "${header}"`);
}

function isFixed(shape: PortType['shape']): shape is number[] {
  return shape !== undefined && shape.every(size => typeof size === 'number' && size >= 0);
}

/** A body as the value of an input; null if such a value takes more than bytes. */
function rawTensor({ datatype, shape }: PortType, type: string, body: Uint8Array): Tensor | null {
  if (!isFixed(shape)) return null;
  if (datatype === 'BYTES') return shape.every(size => size === 1) ? bytes([body], shape) : null;
  if (datatype === 'ANY' || type !== 'application/octet-stream') return null;
  try {
    return decodeRaw(datatype, shape, body);
  } catch (error) {
    throw new MillraceError('invalid-input', `the body ${(error as Error).message}`);
  }
}

/** @throws MillraceError `unsupported-type` if the pipeline takes no such body */
function rawRequest({ name, pipeline }: Service, type: string, body: Uint8Array): InferRequest {
  const inputs = Object.entries(pipeline.inputs);
  const [only] = inputs;
  const tensor = only && inputs.length === 1 && !forms.has(type) ? rawTensor(only[1], type, body) : null;
  if (tensor) return { parameters: {}, inputs: [{ name: only![0], tensor }] };
  const takes = inputs.map(([input, { datatype }]) => `"${input}" (${datatype})`).join(', ');
  throw unsupported(type, `application/json: pipeline "${name}" takes ${takes}`);
}

export interface ReadRequest {
  request: InferRequest;
  /** Whether outputs are binary unless the request says otherwise. */
  binary: boolean;
}

/**
 * Reads a request's body.
 * @throws MillraceError `invalid-input` naming the field that is wrong, `unsupported-type`, and what `body()` throws
 */
export async function readRequest(http: HttpRequest, service: Service): Promise<ReadRequest> {
  const type = mediaType(http);
  const length = jsonLength(http.header(lengthHeader));
  const body = await http.body();
  if (length === 0) {
    const request = rawRequest(service, type === '' ? 'application/octet-stream' : type, body);
    return { request, binary: true };
  }
  if (length === null) {
    const request = isJson(type)
      ? decodeInferRequest(parseJson(decodeUtf8(body)), none)
      : rawRequest(service, type, body);
    return { request, binary: false };
  }
  if (length > body.byteLength) {
    const message = `${lengthHeader} is ${length}; the body has ${body.byteLength} bytes`;
    throw new MillraceError('invalid-input', message);
  }
  const json = parseJson(decodeUtf8(body.subarray(0, length)));
  return { request: decodeInferRequest(json, body.subarray(length)), binary: false };
}
