import type { ParseArgsConfig } from 'node:util';
import { MillraceError, parseDuration, parseSize } from '../../operators/index.ts';

/** What a command's options and arguments were. */
export interface Arguments {
  positionals: string[];
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
}

/** One command of the command line. */
export interface Command {
  /** Printed by `--help`, as it stands. */
  help: string;
  /** As of node:util's parseArgs; `--help` is added to them, and what is not `multiple` may be given once. */
  options: NonNullable<ParseArgsConfig['options']>;
  /** Returns the exit status: 0 fine, 1 a finding. What it throws is 2, or what the error's code says. */
  run(args: Arguments): Promise<number>;
}

/** A command was called in a way it does not know: exit status 2 and a pointer to its help. */
export class UsageError extends Error {}

/** The value of a text option. */
export function textOption({ values }: Arguments, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of an option that counts something. @throws UsageError unless it is a whole number of at least `least` */
export function countOption(args: Arguments, name: string, fallback: number, least = 1): number {
  const text = textOption(args, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} takes a whole number of at least ${least}, not "${text}"`);
  }
  return value;
}

/** The value of an option that is a length of time, in milliseconds. @throws UsageError unless it is one */
export function durationOption(args: Arguments, name: string, fallback: number): number {
  const text = textOption(args, name);
  if (text === undefined) return fallback;
  const value = parseDuration(text);
  if (value !== null) return value;
  const hint = /^[\d.]+$/.test(text) ? `; did you mean "${text} s"?` : '';
  throw new UsageError(`--${name} takes a duration such as "30 s", not "${text}"${hint}`);
}

/** The value of an option that is a size, in bytes. @throws UsageError unless it is one above 0 */
export function sizeOption(args: Arguments, name: string, fallback: number): number {
  const text = textOption(args, name);
  if (text === undefined) return fallback;
  const value = parseSize(text);
  if (value !== null && value >= 1) return Math.floor(value);
  const hint = /^[\d.]+$/.test(text) ? `; did you mean "${text} MiB"?` : '';
  throw new UsageError(`--${name} takes a size such as "64 MiB", not "${text}"${hint}`);
}

/** Prints for people. Standard output is kept for `--json`. */
export function say(text = ''): void {
  process.stderr.write(`${text}\n`);
}

/** A known mistake in one line, any other with its stack. */
export function describeError(error: unknown): string {
  if (error instanceof MillraceError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
