/** The processes of the bench: the server, the bare one, and the clients, each on its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { projectFile } from '../bench.ts';

const command = projectFile('dist/engine/cli/main.js');

/** Clients are held on the last core, where the system can do that, so that they stay off the one the server has. */
const pinned: readonly string[] = canPin() ? ['taskset', '-c', String(cpus().length - 1)] : [];

function canPin(): boolean {
  try {
    execFileSync('taskset', ['-c', '0', 'true']);
    return cpus().length > 1;
  } catch {
    return false;
  }
}

/** Clock ticks of a second in `/proc`. */
const ticks = 100;
const pageBytes = 4096;

export class ServerProcess {
  readonly #child: ChildProcess;
  /** `127.0.0.1:PORT`. */
  readonly host: string;

  private constructor(child: ChildProcess, host: string) {
    this.#child = child;
    this.host = host;
  }

  /** Starts a script of ours, which prints `{ "listening": "http://…" }` once it answers. */
  static async start(script: string, args: readonly string[] = []): Promise<ServerProcess> {
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    const child = spawn(process.execPath, [script, ...args], { stdio });
    // Whatever becomes of the bench, nothing is left running.
    process.once('exit', () => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      const { listening } = JSON.parse(line) as { listening: string };
      return new ServerProcess(child, new URL(listening).host);
    }
    throw new Error(`${script} ended before it listened`);
  }

  /** `millrace serve`. */
  static serve(args: readonly string[]): Promise<ServerProcess> {
    return ServerProcess.start(command, ['serve', ...args, '--port', '0', '--json', '--log-level', 'error']);
  }

  /** Processor milliseconds that it has taken so far. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
  }

  /** Resident bytes. */
  memory(): number {
    return Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  }

  /** Ends it, if it still runs. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Runs a client to its end and gives the JSON that it prints, whatever its exit status. */
export async function runClient<Result>(script: string, args: readonly string[]): Promise<Result> {
  const [program, ...rest] = [...pinned, process.execPath, script, ...args] as [string, ...string[]];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', data => (text += data));
  await once(child, 'close');
  if (text === '') throw new Error(`${script} ${args.join(' ')} gave no result`);
  return JSON.parse(text) as Result;
}

/** `millrace load`, as far as the bench reads it. */
export interface Load {
  sent: number;
  answered: number;
  latency: { p50: number; p99: number };
  lateness: { p99: number };
  rate: { offered: number; answered: number };
  refusal: { p99: number; max: number };
  /** By objective. */
  slo: Record<string, { within: number }>;
}

export function load(url: string, args: readonly string[]): Promise<Load> {
  return runClient<Load>(command, ['load', url, ...args, '--json']);
}
