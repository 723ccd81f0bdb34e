/** Bodies of `:predict`, `:classify` and `:regress`, as queries. */
import {
  MillraceError,
  parseLenientJson,
  decodeUtf8,
  type NamedTensor,
  type PortType,
  type Tensor,
} from '../../../operators/index.ts';
import { nearest } from '../../../pipelines/index.ts';
import { isBase64, isFields, readTensor, type Fields, type TensorPlace } from './read-tensor.ts';

type Types = Readonly<Record<string, PortType>>;
export type Query = Readonly<Record<string, Tensor>>;

/** Rows are one query each; columns are one query, or several stacked along a leading axis. */
export type PredictRequest = { rows: readonly Query[] } | { columns: readonly NamedTensor[] };

/** The signature that every pipeline has, and no other. */
export const signatureName = 'serving_default';

function wrong(problem: string): MillraceError {
  return new MillraceError('invalid-input', problem);
}

/** Everything that isn't a list, nor bytes, names its inputs. */
function isNamed(value: unknown): value is Fields {
  return isFields(value) && !isBase64(value);
}

function readBody(body: Uint8Array): Fields {
  const json = parseLenientJson(decodeUtf8(body));
  if (!isFields(json)) throw wrong('the body is no JSON object');
  const { signature_name: signature = '' } = json;
  if (typeof signature !== 'string') throw wrong('"signature_name" is no text');
  if (signature !== '' && signature !== signatureName)
    throw wrong(`there is no signature "${signature}"; there is "${signatureName}"`);
  return json;
}

function listOf(fields: Fields, name: string, most: number): readonly unknown[] {
  const list = fields[name];
  if (list === undefined) throw wrong(`"${name}" is missing`);
  if (!Array.isArray(list)) throw wrong(`"${name}" is no list`);
  if (list.length === 0) throw wrong(`"${name}" is empty`);
  if (list.length > most)
    throw new MillraceError('too-large', `"${name}" holds ${list.length} queries; at most ${most} are taken`);
  return list;
}

/** One query by the names of its inputs: those of the pipeline, no fewer and no more. */
function readNamed(fields: Fields, types: Types, place: TensorPlace): Query {
  const { field } = place;
  const names = Object.keys(types);
  const unknown = Object.keys(fields).find(name => !names.includes(name));
  if (unknown !== undefined) {
    const guess = nearest(unknown, names);
    const hint = guess ? `did you mean "${guess}"?` : `there are ${names.join(', ')}`;
    throw wrong(`${field}: the pipeline has no input "${unknown}"; ${hint}`);
  }
  return Object.fromEntries(
    names.map(name => {
      if (!Object.hasOwn(fields, name)) throw wrong(`${field}: input "${name}" is missing`);
      return [name, readTensor(fields[name], types[name]!, { ...place, field: `${field}.${name}` })];
    }),
  );
}

function theOnlyInput(types: Types, list: string): string {
  const names = Object.keys(types);
  if (names.length === 1) return names[0]!;
  throw wrong(`"${list}" has no names, but the pipeline takes ${names.join(', ')}; give an object of them`);
}

function readRows(instances: readonly unknown[], types: Types): Query[] {
  const named = isNamed(instances[0]);
  return instances.map((instance, index) => {
    const field = `instances[${index}]`;
    if (isNamed(instance) !== named)
      throw wrong(`${field} is ${named ? 'no object' : 'an object'}, unlike those before it`);
    if (isNamed(instance)) return readNamed(instance, types, { field });
    const name = theOnlyInput(types, 'instances');
    return { [name]: readTensor(instance, types[name]!, { field }) };
  });
}

function readColumns(inputs: unknown, types: Types): NamedTensor[] {
  if (isNamed(inputs)) {
    const query = readNamed(inputs, types, { field: 'inputs' });
    return Object.entries(query).map(([name, tensor]) => ({ name, tensor }));
  }
  const name = theOnlyInput(types, 'inputs');
  return [{ name, tensor: readTensor(inputs, types[name]!, { field: 'inputs' }) }];
}

/**
 * @param most rows of one request
 * @throws MillraceError `invalid-input` naming the field that is wrong; `too-large` beyond `most` rows
 */
export function readPredictRequest(body: Uint8Array, types: Types, most: number): PredictRequest {
  const fields = readBody(body);
  const { instances, inputs } = fields;
  if (instances !== undefined && inputs !== undefined)
    throw wrong('there are both "instances" and "inputs"; give one');
  if (instances !== undefined) return { rows: readRows(listOf(fields, 'instances', most), types) };
  if (inputs !== undefined) return { columns: readColumns(inputs, types) };
  throw wrong('there is neither "instances" nor "inputs"');
}

/**
 * The examples of a classification or a regression, each with the features of `context`. As in TensorFlow's `Example`,
 * a feature is one value or a flat list.
 * @throws as of `readPredictRequest`
 */
export function readExamples(body: Uint8Array, types: Types, most: number): Query[] {
  const fields = readBody(body);
  const { context = {} } = fields;
  if (!isNamed(context)) throw wrong('"context" is no object');
  return listOf(fields, 'examples', most).map((example, index) => {
    const field = `examples[${index}]`;
    if (!isNamed(example)) throw wrong(`${field} is no object`);
    const twice = Object.keys(example).find(name => Object.hasOwn(context, name));
    if (twice !== undefined) throw wrong(`${field}: "${twice}" is in "context", too`);
    return readNamed({ ...context, ...example }, types, { field, flat: true });
  });
}
