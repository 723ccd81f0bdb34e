/**
 * A prediction's body as a query's inputs:
 *
 * - a form, multipart or URL-encoded: a field per input;
 * - JSON: an object with a member per input, or the value of the only input itself;
 * - anything else: the only input. For one element of BYTES it is the body as it is, for others the JSON in it.
 *
 * TorchServe's handlers find an only input under `data` or `body`: both names stand for it in forms and objects.
 */
import { decodeUtf8, fromPlain, MillraceError, parseJson, type PortType } from '../../../operators/index.ts';
import type { InputValue } from '../../runtime/inputs.ts';
import { mediaType, unsupported } from '../exchange.ts';
import type { HttpRequest } from '../transport.ts';
import { isForm, readForm } from './form.ts';

type Types = Readonly<Record<string, PortType>>;
type Inputs = Record<string, InputValue>;

/** What TorchServe's own handlers call what they are sent. */
const aliases = ['data', 'body'];

function wrong(problem: string): MillraceError {
  return new MillraceError('invalid-input', problem);
}

/** A name of a form or an object as that of an input. @throws MillraceError `invalid-input` if it is none */
function inputNamed(name: string, types: Types): string {
  if (Object.hasOwn(types, name)) return name;
  const names = Object.keys(types);
  if (names.length === 1 && aliases.includes(name)) return names[0]!;
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  throw wrong(`the pipeline has no input ${JSON.stringify(shown)}; it takes ${names.join(', ')}`);
}

function theOnlyInput(types: Types): string {
  const names = Object.keys(types);
  if (names.length === 1) return names[0]!;
  throw wrong(`the pipeline takes ${names.join(', ')}; send a form or a JSON object with all of them`);
}

function isOneOfBytes({ datatype, shape }: PortType): boolean {
  return datatype === 'BYTES' && shape?.every(size => size === 1) === true;
}

function fromJson(value: unknown, type: PortType, name: string): InputValue {
  try {
    return fromPlain(value, type);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, `input "${name}": ${error.message}`);
  }
}

function fromBytes(bytes: Uint8Array, type: PortType, name: string): InputValue {
  return isOneOfBytes(type) ? bytes : fromJson(parseJson(decodeUtf8(bytes)), type, name);
}

function named<Value>(
  entries: Iterable<readonly [string, Value]>,
  types: Types,
  read: (value: Value, type: PortType, name: string) => InputValue,
): Inputs {
  const inputs: Inputs = {};
  for (const [given, value] of entries) {
    const name = inputNamed(given, types);
    if (Object.hasOwn(inputs, name)) throw wrong(`input "${name}" is given twice`);
    inputs[name] = read(value, types[name]!, name);
  }
  return inputs;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isTextual(type: string): boolean {
  return type === '' || type.startsWith('text/') || type === 'application/octet-stream';
}

/**
 * The inputs of one query; the engine checks that they are all there.
 * @throws MillraceError `invalid-input` naming what is wrong, `unsupported-type`
 */
export async function readInputs(request: HttpRequest, types: Types): Promise<Inputs> {
  const type = mediaType(request);
  if (isForm(type)) {
    const most = Object.keys(types).length;
    const form = await readForm(request.header('content-type'), await request.body(), most);
    return named(form, types, fromBytes);
  }
  if (type === 'application/json' || type.endsWith('+json')) {
    const json = parseJson(decodeUtf8(await request.body()));
    if (isObject(json)) return named(Object.entries(json), types, fromJson);
    const name = theOnlyInput(types);
    return { [name]: fromJson(json, types[name]!, name) };
  }
  const name = theOnlyInput(types);
  if (!isOneOfBytes(types[name]!) && !isTextual(type))
    throw unsupported(type, 'application/json or multipart/form-data');
  return { [name]: fromBytes(await request.body(), types[name]!, name) };
}
