/** The built command, run as its users run it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

export const root = join(import.meta.dirname, '..', '..', '..');
export const main = join(root, 'dist', 'engine', 'cli', 'main.js');

export interface Outcome {
  /** null: a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** A command that runs it, for servers. */
  launcher?: readonly string[];
  /** Milliseconds after which it is killed, so that nothing outlives the tests. */
  limit?: number;
}

/** Runs a program with both its outputs in pipes. */
export function run(
  file: string,
  args: readonly string[],
  { cwd = root, env = {}, limit = 120_000 }: RunOptions = {},
): Promise<Outcome> {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 ** 2,
    timeout: limit,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise(resolve => {
    const child = execFile(file, args, options, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** Runs `millrace` with these arguments, in the project's folder unless told otherwise. */
export function millrace(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run(process.execPath, [main, ...args], options);
}

/** The outcome of a command that refuses what it was asked: it says why, shows no stack, and prints no answer. */
export function refusal(status: 1 | 2, message: RegExp): Record<string, unknown> {
  const stderr = new RegExp(`^(?![^]*\\n\\s+at )[^]*${message.source}`, message.flags);
  return { status, stdout: '', stderr: expect.stringMatching(stderr) };
}

/** A query's line of `run --json`. */
export interface Line {
  outputs: Record<string, unknown>;
  shown?: Record<string, unknown>;
  stages: { name: string; items: number; queue: number; service: number }[];
  latency: number;
  slo: Record<string, number>;
  error?: { code: string; message: string; stage?: string };
}

/** The lines of JSON that `text` consists of, and of nothing else. */
export function linesOf(text: string): Line[] {
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** What `millrace run --json` answers, query by query. @throws if it fails as a whole */
export async function answers(args: readonly string[], options?: RunOptions): Promise<Line[]> {
  const { status, stdout, stderr } = await millrace(['run', ...args, '--json'], options);
  if (status !== 0 && stdout === '') throw new Error(`exit status ${status}: ${stderr}`);
  return linesOf(stdout);
}
