import { devices, type Device } from '../operators/index.ts';
import { conform, type Rule } from './conformity.ts';
import { hasErrors, type Diagnostic } from './diagnostic.ts';
import { PipelineError } from './render.ts';
import { object, record } from './schema-parts.ts';
import { pointer, type SourceFile } from './source.ts';
import { nearest } from './suggest.ts';
import { readTextFile } from './text-file.ts';
import { readYaml } from './yaml.ts';

/** A kind of replica: where it runs, and what it costs. */
export interface HardwareType {
  device: Device;
  /** Processor threads of one call. */
  threads: number;
  /** US dollars per replica and hour. */
  price?: number;
}

/** A machine whose cores several hardware types share. */
export interface Host {
  cores: number;
  /** Names of hardware types. */
  types: readonly string[];
}

export interface Hardware {
  types: Readonly<Record<string, HardwareType>>;
  /** Most replicas of a hardware type; absent: any number. */
  limits: Readonly<Record<string, number>>;
  hosts: Readonly<Record<string, Host>>;
}

const version = 'hardware/1';
const name = '^[A-Za-z0-9][A-Za-z0-9._-]*$';

const TypeSchema = object(
  { device: { enum: [...devices] } },
  { threads: { type: 'integer', minimum: 1, maximum: 1024 }, price: { type: 'number', minimum: 0 } },
);

const HostSchema = object({
  cores: { type: 'integer', minimum: 1 },
  types: { type: 'array', items: { type: 'string', pattern: name } },
});

const HardwareSchema = object(
  { millrace: { const: version }, types: record(name, TypeSchema, { minProperties: 1 }) },
  { limits: record(name, { type: 'integer', minimum: 0 }), hosts: record(name, HostSchema) },
);

const rules: readonly Rule[] = [{ at: /^\/millrace$/, code: 'bad-version' }];

export interface HardwareOptions {
  /** Whether every type must have a price. */
  priced?: boolean;
}

/** Reads the hardware there is from text. */
export function parseHardware(
  text: string,
  file = '',
  { priced = false }: HardwareOptions = {},
): { hardware?: Hardware; diagnostics: Diagnostic[] } {
  const source = readYaml(text, file);
  const { readable } = conform(source, version, HardwareSchema, rules);
  if (!readable || hasErrors(source.diagnostics)) return { diagnostics: source.diagnostics };
  const { types, limits = {}, hosts = {} } = source.value as Hardware & Partial<Hardware>;
  const complete = Object.entries(types).map(([name, type]) => [
    name,
    { ...type, threads: type.threads ?? 1 },
  ]);
  const hardware: Hardware = { types: Object.fromEntries(complete), limits, hosts };
  checkNames(hardware, source);
  if (priced) checkPrices(hardware, source);
  return hasErrors(source.diagnostics)
    ? { diagnostics: source.diagnostics }
    : { hardware, diagnostics: source.diagnostics };
}

/**
 * Loads the hardware there is.
 *
 * @throws PipelineError if the file has mistakes; MillraceError `not-found` if there is no such file.
 */
export async function loadHardware(path: string, options: HardwareOptions = {}): Promise<Hardware> {
  const { text, file } = await readTextFile(path, 'hardware file');
  const { hardware, diagnostics } = parseHardware(text, file, options);
  if (!hardware) throw new PipelineError(diagnostics);
  return hardware;
}

/**
 * A hardware type that needs no file: a device by its name with one thread, or `cpu-N` with N threads. Undefined for
 * any other name.
 */
export function builtinHardware(name: string): HardwareType | undefined {
  const threads = /^cpu-([1-9]\d{0,2})$/.exec(name)?.[1];
  if (threads !== undefined) return { device: 'cpu', threads: Number(threads) };
  const device = devices.find(device => device === name);
  return device && { device, threads: 1 };
}

function checkNames({ types, limits, hosts }: Hardware, source: SourceFile): void {
  const named = [
    ...Object.keys(limits).map(name => ({ name, at: source.keyOf(pointer('limits', name)) })),
    ...Object.entries(hosts).flatMap(([host, { types }]) =>
      types.map((name, index) => ({ name, at: source.spanOf(pointer('hosts', host, 'types', index)) })),
    ),
  ];
  for (const { name, at } of named) {
    if (Object.hasOwn(types, name)) continue;
    source.mistake('unknown-hardware', at, `there is no type "${name}"`, nearest(name, Object.keys(types)));
  }
}

function checkPrices({ types }: Hardware, source: SourceFile): void {
  for (const [name, { price }] of Object.entries(types)) {
    // YAML has `.inf` and `.nan`.
    if (Number.isFinite(price)) continue;
    const message = `"${name}" has no price; add "price", in US dollars per replica and hour`;
    source.mistake('missing-price', source.keyOf(pointer('types', name)), message);
  }
}
