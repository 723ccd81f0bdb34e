/** Measures this machine while a server has nothing else to do, for the plans of its next start. */
import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Order, Report } from './measure-main.ts';

export interface IdleMeasuringOptions {
  /** Files of the pipelines. */
  pipelines: readonly string[];
  /** Milliseconds that it may measure in all. */
  budget: number;
  /** Whether there is nothing to answer now. */
  isIdle(): boolean;
  /** Told what people should know. */
  tell(message: string): void;
}

/** Milliseconds without a query after which it begins. */
const quiet = 5000;
/** Milliseconds between looks at whether there is something to answer. */
const look = 100;
/** Less time than this is not worth a start. */
const leastTime = 3000;

export class IdleMeasuring {
  readonly #options: IdleMeasuringOptions;
  readonly #timer: NodeJS.Timeout;
  #left: number;
  #idleSince = performance.now();
  #child: ChildProcess | null = null;

  /** Begins as soon as it is quiet. It does not keep the process alive. */
  constructor(options: IdleMeasuringOptions) {
    this.#options = options;
    this.#left = options.budget;
    this.#timer = setInterval(() => this.#look(), look).unref();
  }

  /** Ends it, with the batch that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const child = this.#child;
    if (!child) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    this.#send('stop');
    await ended;
  }

  #look(): void {
    const now = performance.now();
    if (!this.#options.isIdle()) {
      this.#idleSince = now;
      if (this.#child) this.#send('stop');
    } else if (!this.#child && now - this.#idleSince >= quiet && this.#left >= leastTime) this.#begin();
  }

  #begin(): void {
    const { pipelines, tell } = this.#options;
    tell(
      `measuring the stages while there is nothing to answer, ${Math.round(this.#left / 1000)} s at most, for the plans of the next start`,
    );
    const child = fork(new URL('./measure-main.js', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    const started = performance.now();
    // Whoever is to be answered goes first.
    if (child.pid !== undefined) setPriority(child.pid, 10);
    child.on('message', report => this.#hear(report as Report));
    child.on('error', error => tell(`warning: the stages can't be measured: ${error.message}`));
    child.once('exit', () => {
      this.#child = null;
      this.#idleSince = performance.now();
      if (this.#left === 0) return;
      this.#left -= performance.now() - started;
      if (this.#left < leastTime)
        tell('not all stages are measured yet: what was measured is kept, and the next start goes on');
    });
    this.#send({ pipelines, budget: this.#left });
  }

  #hear(report: Report): void {
    const { tell } = this.#options;
    if ('warning' in report) tell(`warning: ${report.warning}`);
    else if ('failed' in report) {
      tell(`warning: no plan was made for this machine: ${report.failed}`);
      this.#left = 0;
    } else if (report.plans) {
      tell(`the next start uses the plans in ${report.plans.join(', ')}`);
      this.#left = 0;
    }
  }

  #send(order: Order): void {
    // It may be gone already, which its end tells.
    if (this.#child?.connected) this.#child.send(order, () => {});
  }
}
