/** A server as its supervisor sees it: a process that gives signs of life. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { beat, environmentKey, type Message } from './supervised.ts';

/** Milliseconds without a sign of life that are let pass at least while it starts: programs and plans are read then. */
const leastAtStart = 60_000;

/** How a process ended. */
export interface End {
  status: number | null;
  signal: NodeJS.Signals | null;
  /** Milliseconds without a sign of life for which it was killed; 0: it was not. */
  silence: number;
}

export interface ServerProcessOptions {
  /** Arguments of this program. */
  args: readonly string[];
  /** That it should listen on; undefined: the one asked for. */
  port: number | undefined;
  /** Milliseconds without a sign of life after which it is killed; 0: never. */
  patience: number;
  /** It answers queries. */
  ready(port: number, pid: number): void;
}

export class ServerProcess {
  readonly #child: ChildProcess;
  /** How it ended. @throws if it could not be started */
  readonly ended: Promise<End>;
  /** Signs of life that were due since the last one. */
  #missed = 0;
  #answers = false;
  #silence = 0;

  constructor({ args, port, patience, ready }: ServerProcessOptions) {
    this.#child = spawn(process.execPath, [...process.execArgv, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [environmentKey]: port === undefined ? '' : String(port) },
      // A group of its own: Ctrl-C in a terminal reaches the supervisor alone, which passes it on once.
      detached: process.platform !== 'win32',
    });
    // Counted rather than timed: after the whole machine was asleep, nobody has missed anything.
    const watch = setInterval(() => this.#look(patience), beat);
    this.#child.on('message', ({ port }: Message) => {
      this.#missed = 0;
      if (port === undefined) return;
      this.#answers = true;
      ready(port, this.#child.pid!);
    });
    this.ended = new Promise<End>((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (status, signal) => resolve({ status, signal, silence: this.#silence }));
    }).finally(() => clearInterval(watch));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #look(patience: number): void {
    this.#missed++;
    const most = this.#answers ? patience : Math.max(patience, leastAtStart);
    if (patience === 0 || this.#missed * beat <= most) return;
    this.#silence = most;
    this.#child.kill('SIGKILL');
  }
}

/** The exit status that stands for an end, as shells have it. */
export function statusOf({ status, signal }: Pick<End, 'status' | 'signal'>): number {
  return status ?? 128 + constants.signals[signal!];
}
