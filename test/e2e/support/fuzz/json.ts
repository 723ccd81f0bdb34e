/** JSON that is wrong somewhere: in a value, a name, or in its text. */
import type { Chance } from './chance.ts';

/** Text that stands where a value should: JSON.stringify would not write it. */
class Literal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const literals = [
  'NaN',
  'Infinity',
  '-Infinity',
  '1e999',
  '-0',
  '9007199254740993',
  '-9223372036854775809',
  '18446744073709551616',
  '123456789'.repeat(200),
  '9'.repeat(100_000),
  '0.1234567890123456789',
  '[1,]',
  "'x'",
  '"\\ud800"',
  '"\\u0000"',
  '{"a":1,"a":2}',
  '12345678901234567,',
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
  '['.repeat(20_000),
  `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
  `${'['.repeat(9000)}12345678901234567890${']'.repeat(9000)}`,
].map(text => new Literal(text));

const values: readonly unknown[] = [
  null,
  true,
  false,
  '',
  'x',
  '🙂'.repeat(60),
  '=not base64=',
  'constructor',
  '__proto__',
  'line\nline',
  'FP64',
  'fp32',
  'BYTES',
  'INT64',
  'BOOL',
  'ANY',
  0,
  1,
  -1,
  1.5,
  256,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e308,
  [],
  {},
  [[]],
  [null],
  [0],
  [1],
  [2],
  [-1],
  [1.5],
  ['1'],
  [0, 2 ** 53],
  [65_536, 65_536],
  [2 ** 31, 2 ** 31, 2 ** 31],
  Array<number>(1000).fill(1),
  Array<number>(400).fill(2 ** 30),
  { b64: '!' },
  { b64: 'AAAA', more: 1 },
  { toString: 1 },
];

const names = ['', '__proto__', 'constructor', 'id', 'inputs', 'cancel', 'instances', 'data', 'shape', '🙂'];

/** A place in a message. */
interface Holder {
  set(value: unknown): void;
  remove(): void;
  rename(name: string): void;
}

function holdersOf(value: unknown): Holder[] {
  if (value === null || typeof value !== 'object' || value instanceof Literal) return [];
  const fields = value as Record<string, unknown>;
  // Of a long list the first few stand for all.
  return Object.keys(fields)
    .slice(0, 12)
    .flatMap(key => {
      const holder: Holder = {
        set: other => {
          fields[key] = other;
        },
        remove: () => {
          if (Array.isArray(value)) value.splice(Number(key), 1);
          else delete fields[key];
        },
        rename: name => {
          const kept = fields[key];
          holder.remove();
          if (Array.isArray(value)) value.push(kept, kept);
          else
            Object.defineProperty(fields, name, {
              value: kept,
              enumerable: true,
              configurable: true,
              writable: true,
            });
        },
      };
      return [holder, ...holdersOf(fields[key])];
    });
}

function write(value: unknown): string {
  if (value instanceof Literal) return value.text;
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`)
    .join(',')}}`;
}

/** Bytes with a few of them changed, cut off, or more behind them. */
export function mutateBytes(chance: Chance, bytes: Uint8Array): Buffer {
  const mutated = Buffer.from(bytes);
  switch (chance.below(5)) {
    case 0:
      return mutated.subarray(0, chance.below(mutated.length + 1));
    case 1:
      return Buffer.concat([mutated, Buffer.from(chance.pick(['\0', '}', ']]]]', 'x', '\ufeff', '{}']))]);
    case 2:
      return Buffer.concat([mutated.subarray(chance.below(mutated.length + 1)), mutated]);
    default:
      for (let changes = 1 + chance.below(4); changes > 0 && mutated.length > 0; changes--)
        mutated[chance.below(mutated.length)] = chance.pick([0, 0x22, 0x5b, 0x7b, 0x80, 0xc0, 0xff, 0x39]);
      return mutated;
  }
}

/** A message's text, after a few of its parts were replaced, removed or renamed. The message stays as it is. */
export function mutateJson(chance: Chance, message: unknown): string {
  const root = { message: structuredClone(message) as unknown };
  for (let changes = chance.below(3) + 1; changes > 0; changes--) {
    const holders = holdersOf(root);
    const holder = chance.pick(holders);
    const way = chance.below(10);
    if (way < 4) holder.set(structuredClone(chance.pick(values)));
    else if (way < 8) holder.set(chance.pick(literals));
    else if (way === 8) holder.rename(chance.pick(names));
    else holder.remove();
    if (!('message' in root)) return '';
  }
  return write(root.message);
}
