/** `--input NAME=VALUE`, read into the inputs of one query or of many. */
import { open } from 'node:fs/promises';
import { glob } from 'tinyglobby';
import {
  arrayType,
  bytes,
  elementBytes,
  fromPlain,
  MillraceError,
  sizeOf,
  tensor,
  text,
  type PortType,
  type Tensor,
} from '../../operators/index.ts';
import { UsageError } from './command.ts';

/** One query's inputs and a label to know it by. */
export interface QueryInputs {
  label: string;
  inputs: Record<string, Tensor>;
}

/** Reads a file straight into memory that every worker can read. */
async function readShared(path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new MillraceError('not-found', `${path}: ${why}`);
  });
  try {
    const { size } = await file.stat();
    const data = new Uint8Array(new SharedArrayBuffer(size));
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(data, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return data.subarray(0, at);
  } finally {
    await file.close();
  }
}

function parseJson(source: string, what: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new MillraceError('invalid-input', `${what} is neither a number nor JSON`);
  }
}

/** Raw little-endian elements as a tensor of the declared shape; one free size follows from their number. */
function rawTensor(data: Uint8Array, type: PortType, path: string): Tensor {
  if (type.datatype === 'ANY' || type.datatype === 'BYTES')
    throw new TypeError('raw data has a numeric type');
  const { shape = [-1] } = type;
  const count = data.byteLength / elementBytes(type.datatype);
  const known = sizeOf(shape.map(size => (typeof size === 'number' && size >= 0 ? size : 1)));
  const free = shape.filter(size => typeof size === 'string' || size < 0).length;
  if (free > 1 || !Number.isInteger(count / known) || (free === 0 && count !== known)) {
    const message = `${path} has ${data.byteLength} bytes, which do not make ${type.datatype} [${shape.join(', ')}]`;
    throw new MillraceError('invalid-input', message);
  }
  const actual = shape.map(size => (typeof size === 'number' && size >= 0 ? size : count / known));
  return tensor(type.datatype, actual, new (arrayType(type.datatype))(data.buffer, 0, count));
}

async function readFileValue(path: string, type: PortType): Promise<Tensor> {
  const data = await readShared(path);
  if (type.datatype === 'BYTES') return bytes([data]);
  if (!path.endsWith('.json')) return rawTensor(data, type, path);
  return fromPlain(parseJson(new TextDecoder().decode(data.slice()), path), type);
}

/** An input's values, one per query. */
async function readValues(
  name: string,
  value: string,
  type: PortType,
): Promise<{ label: string; value: Tensor }[]> {
  if (!value.startsWith('@')) {
    const single = type.datatype === 'BYTES' && sizeOf((type.shape ?? []) as number[]) === 1;
    const given = single ? text(value) : fromPlain(parseJson(value, `--input ${name}`), type);
    return [{ label: value.length > 40 ? `${value.slice(0, 39)}…` : value, value: given }];
  }
  const pattern = value.slice(1);
  const paths = /[*?[{]/.test(pattern)
    ? (await glob(pattern, { dot: true, expandDirectories: false })).sort()
    : [pattern];
  if (paths.length === 0) throw new MillraceError('not-found', `no file matches ${pattern}`);
  return Promise.all(paths.map(async path => ({ label: path, value: await readFileValue(path, type) })));
}

/**
 * Reads the inputs of every query asked for. An input with one value goes to all queries; those with several must have
 * equally many.
 * @throws UsageError or MillraceError for an unknown, missing or malformed input
 */
export async function readQueries(
  types: Readonly<Record<string, PortType>>,
  assignments: readonly string[],
): Promise<QueryInputs[]> {
  const names = Object.keys(types);
  const columns = new Map<string, { label: string; value: Tensor }[]>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, at);
    if (at < 1) throw new UsageError(`--input takes NAME=VALUE, not "${assignment}"`);
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (!type) throw new UsageError(`the pipeline has no input "${name}"; it takes ${names.join(', ')}`);
    if (columns.has(name)) throw new UsageError(`input "${name}" is given twice`);
    columns.set(name, await readValues(name, assignment.slice(at + 1), type));
  }
  const missing = names.filter(name => !columns.has(name));
  if (missing.length > 0) throw new UsageError(`--input is missing for ${missing.join(', ')}`);
  const count = Math.max(1, ...[...columns.values()].map(values => values.length));
  for (const [name, values] of columns) {
    if (values.length === 1 || values.length === count) continue;
    throw new UsageError(`input "${name}" has ${values.length} values and another has ${count}`);
  }
  return Array.from({ length: count }, (_, query) => {
    const row = [...columns].map(([name, values]) => [name, values[query % values.length]!] as const);
    const several = row.filter(([name]) => columns.get(name)!.length > 1);
    return {
      label: (several.length > 0 ? several : row).map(([, { label }]) => label).join(', '),
      inputs: Object.fromEntries(row.map(([name, { value }]) => [name, value])),
    };
  });
}
