/** JSON Schemas of inputs and outputs, as each protocol writes them. */
import { isFloat, type Dimension, type PortType } from '../../../operators/index.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** What several schemas refer to. */
export const sharedSchemas: Readonly<Record<string, Schema>> = {
  Error: {
    type: 'object',
    required: ['error'],
    properties: { error: { type: 'string', description: 'A code, and what to do' } },
  },
  TorchServeError: {
    type: 'object',
    required: ['code', 'type', 'message'],
    properties: {
      code: { type: 'integer', description: 'The HTTP status' },
      type: { type: 'string' },
      message: { type: 'string' },
    },
  },
  Base64: {
    type: 'object',
    description: 'Bytes that are no text',
    required: ['b64'],
    properties: { b64: { type: 'string', contentEncoding: 'base64' } },
    additionalProperties: false,
  },
  Elements: {
    description: 'Elements in row-major order, nested by the shape or flat',
    type: 'array',
    items: { anyOf: [{ type: ['number', 'string', 'boolean', 'null'] }, reference('Elements')] },
  },
  Parameters: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
};

/** One element of a port. */
function element({ datatype }: PortType): Schema {
  if (datatype === 'ANY') return {};
  if (datatype === 'BYTES') return { anyOf: [{ type: 'string' }, reference('Base64')] };
  if (datatype === 'BOOL') return { type: 'boolean' };
  return { type: isFloat(datatype) ? 'number' : 'integer' };
}

function isFixed(size: Dimension | undefined): size is number {
  return typeof size === 'number' && size >= 0;
}

function list(items: Schema, size?: Dimension): Schema {
  return { type: 'array', items, ...(isFixed(size) && { minItems: size, maxItems: size }) };
}

/** Lists within each other, by a port's shape; any where its rank is free. */
export function nested(type: PortType): Schema {
  const inner = type.shape === undefined ? {} : type.shape.toReversed().reduce<Schema>(list, element(type));
  return type.list ? list(inner) : inner;
}

/** As `nested`, with an element by itself where there is but one. */
export function plain(type: PortType): Schema {
  const { list: many, ...single } = type;
  if (many) return list(plain(single));
  if (type.content === 'application/json') return {};
  const { shape } = type;
  if (shape === undefined) return {};
  if (shape.every(size => size === 1)) return element(type);
  const canBeOne = shape.every(size => !isFixed(size) || size === 1);
  return canBeOne ? { anyOf: [element(type), nested(type)] } : nested(type);
}

/** What may be given for an input: lists within each other; one value by itself where a query takes but one. */
export function given(type: PortType): Schema {
  const whole = nested(type);
  const one = type.shape?.length === 1 && type.shape[0] === 1 ? (whole['items'] as Schema) : null;
  return one ? { anyOf: [one, whole] } : whole;
}

/** A tensor of the Open Inference Protocol. */
export function tensor(name: string, type: PortType): Schema {
  const sizes = type.shape?.map(size => (isFixed(size) ? size : -1)).join(', ') ?? 'any rank';
  return {
    type: 'object',
    description: `One query is of shape [${sizes}]${type.list ? ', with an axis of items in front' : ''}; several have an axis more in front`,
    required: ['name', 'datatype', 'shape'],
    properties: {
      name: { const: name },
      datatype: type.datatype === 'ANY' ? { type: 'string' } : { const: type.datatype },
      shape: list({ type: 'integer', minimum: 0 }),
      parameters: reference('Parameters'),
      data: reference('Elements'),
    },
  };
}

/** An object of all of some ports. */
export function objectOf(
  types: Readonly<Record<string, PortType>>,
  schema: (type: PortType, name: string) => Schema,
): Schema {
  return {
    type: 'object',
    required: Object.keys(types),
    properties: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, schema(type, name)])),
  };
}
