import type { Clock } from './clock.ts';

/**
 * One timer for many time limits, few of which are ever reached. It is set to the earliest and left to go off when that
 * has been met: asking then what is due costs less than calling a timer off after every batch.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #due: () => number;
  #cancel: (() => void) | null = null;
  #next = Infinity;

  /** @param due deals with what is due, and says when to look again; Infinity: at the next limit watched */
  constructor(clock: Clock, due: () => number) {
    this.#clock = clock;
    this.#due = due;
  }

  /** Looks at `time` at the latest. */
  watch(time: number): void {
    if (time >= this.#next) return;
    this.#cancel?.();
    this.#next = time;
    this.#cancel = this.#clock.at(time, () => {
      this.#next = Infinity;
      this.watch(this.#due());
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
