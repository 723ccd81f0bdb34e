/** Values as TensorFlow Serving writes them: nested by their shapes, with bare NaN and Infinity. */
import {
  elementsOf,
  isFloat,
  isList,
  sizeOf,
  toBase64,
  type NamedTensor,
  type Tensor,
  type Value,
} from '../../../operators/index.ts';

/** A fraction always shows that it is one, so that no reader takes some elements of a list for integers. */
export function writeDecimal(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

function writeElements(name: string, tensor: Tensor): string[] {
  // All strings are DT_STRING to TensorFlow; those of such a name are bytes, by its convention.
  if (tensor.datatype === 'BYTES' && name.endsWith('_bytes'))
    return tensor.data.map(element => `{"b64":"${toBase64(element)}"}`);
  const elements = elementsOf(tensor);
  if (isFloat(tensor.datatype)) return (elements as number[]).map(writeDecimal);
  return tensor.datatype === 'BYTES'
    ? elements.map(element => JSON.stringify(element))
    : elements.map(String);
}

function nested(elements: readonly string[], shape: readonly number[], from = 0): string {
  const [length, ...inner] = shape;
  if (length === undefined) return elements[from]!;
  const size = sizeOf(inner);
  const parts = Array.from({ length }, (_, index) => nested(elements, inner, from + index * size));
  return `[${parts.join(',')}]`;
}

/** The value of an output; null where its branch was skipped. */
export function writeValue(name: string, value: Value | undefined): string {
  if (value === undefined) return 'null';
  if (isList(value)) return `[${value.map(item => writeValue(name, item)).join(',')}]`;
  return nested(writeElements(name, value), value.shape);
}

/** The value itself if there is but one output, an object of those that are there otherwise. */
function writeOutputs(names: readonly string[], outputs: Readonly<Record<string, Value>>): string {
  if (names.length === 1) return writeValue(names[0]!, outputs[names[0]!]);
  const members = names
    .filter(name => outputs[name] !== undefined)
    .map(name => `${JSON.stringify(name)}:${writeValue(name, outputs[name])}`);
  return `{${members.join(',')}}`;
}

export function writePredictions(
  names: readonly string[],
  rows: readonly Readonly<Record<string, Value>>[],
): string {
  return `{"predictions":[${rows.map(row => writeOutputs(names, row)).join(',')}]}`;
}

export function writeColumns(names: readonly string[], outputs: readonly NamedTensor[]): string {
  const byName = Object.fromEntries(outputs.map(({ name, tensor }) => [name, tensor]));
  return `{"outputs":${writeOutputs(names, byName)}}`;
}
