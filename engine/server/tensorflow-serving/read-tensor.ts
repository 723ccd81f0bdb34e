/** Values of TensorFlow Serving's JSON as tensors, by the rules of its `json_tensor.cc`. */
import {
  fromBase64,
  fromPlain,
  MillraceError,
  sizeOf,
  stringify,
  unnest,
  type Dimension,
  type PortType,
  type Tensor,
} from '../../../operators/index.ts';

export type Fields = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** `{"b64": "…"}` stands for bytes; with anything else in it, it is an object like others. */
export function isBase64(value: unknown): value is { b64: string } {
  return isFields(value) && typeof value['b64'] === 'string' && Object.keys(value).length === 1;
}

/** A value in a message; long ones are cut. */
function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function bytesOf(element: unknown): Uint8Array {
  if (typeof element === 'string') return encoder.encode(element);
  if (isBase64(element)) return fromBase64(element.b64);
  throw new MillraceError('invalid-input', `holds ${shown(element)}, which is no text and no {"b64": "…"}`);
}

/** Unlike other doors, this one takes no number for a boolean and no text for a number. */
function requireType(elements: readonly unknown[], datatype: PortType['datatype']): void {
  const types = datatype === 'BOOL' ? ['boolean'] : ['number', 'bigint'];
  const other = elements.find(element => !types.includes(typeof element));
  if (other !== undefined) throw new MillraceError('invalid-input', `holds ${shown(other)}, no ${datatype}`);
}

function fixedSizes(shape: readonly Dimension[] | undefined): number[] | null {
  const fixed = shape?.every(size => typeof size === 'number' && size >= 0);
  return fixed ? (shape as number[]) : null;
}

export interface TensorPlace {
  /** Where the value stands, for messages. */
  field: string;
  /** Whether a flat list may stand for a tensor of any shape, as it does in features of examples. */
  flat?: boolean;
}

/**
 * A tensor from nested lists. One value by itself stands for a tensor of one element.
 * @throws MillraceError `invalid-input` naming the field
 */
export function readTensor(value: unknown, type: PortType, { field, flat = false }: TensorPlace): Tensor {
  try {
    const { shape: given, elements } = unnest(value);
    const declared = fixedSizes(type.shape);
    const restated = declared && (given.length === 0 || (flat && given.length === 1));
    const shape = restated && sizeOf(declared) === elements.length ? declared : given;
    if (type.datatype === 'BYTES') return { datatype: 'BYTES', shape, data: elements.map(bytesOf) };
    requireType(elements, type.datatype);
    return { ...fromPlain(elements, { datatype: type.datatype, shape: [-1] }), shape };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, `${field}: ${error.message}`);
  }
}
