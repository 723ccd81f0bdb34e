/**
 * When lost replicas are replaced: at once after a healthy life, otherwise after a time that doubles with every loss and
 * every failed start in a row, so that what can't work is not started over and over.
 */
import type { Clock } from './clock.ts';

/** Milliseconds before a replica is tried again after a first failure; doubled each time, up to the most. */
const delays = { first: 100, most: 30_000 };

export interface Replacement {
  /** Starts a replica; whether it did. Must not reject. */
  start: () => Promise<boolean>;
  /** Whether the one that it replaces is gone already. */
  isMissing: boolean;
}

interface Waiting {
  replacement: Replacement;
  /** When it is tried, on the clock. */
  time: number;
  cancel: () => void;
}

export class Replacements {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  /** Losses and failed starts in a row. */
  #streak = 0;
  #starting = 0;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When the next one is tried, on the clock; Infinity: none waits. */
  get next(): number {
    return Math.min(...[...this.#waiting].map(({ time }) => time));
  }

  /** How many are being started. */
  get starting(): number {
    return this.#starting;
  }

  /** @param wasHealthy whether what is replaced had worked for a while */
  add(replacement: Replacement, wasHealthy: boolean): void {
    this.#streak = wasHealthy ? 0 : this.#streak + 1;
    this.#schedule(replacement);
  }

  /** Tries all that wait now: there is a replica that works. */
  hurry(): void {
    for (const waiting of this.#waiting) {
      this.#cancel(waiting);
      void this.#try(waiting.replacement);
    }
  }

  /** Leaves up to `count` of those that are gone unreplaced. @returns how many that were */
  drop(count: number): number {
    const missing = [...this.#waiting].filter(({ replacement }) => replacement.isMissing);
    const dropped = missing.slice(0, count);
    for (const waiting of dropped) this.#cancel(waiting);
    return dropped.length;
  }

  /** Starts none any more. */
  stop(): void {
    this.#stopped = true;
    for (const waiting of this.#waiting) this.#cancel(waiting);
  }

  #cancel(waiting: Waiting): void {
    waiting.cancel();
    this.#waiting.delete(waiting);
  }

  #schedule(replacement: Replacement): void {
    if (this.#streak === 0) {
      void this.#try(replacement);
      return;
    }
    const time = this.#clock.now() + Math.min(delays.first * 2 ** (this.#streak - 1), delays.most);
    const cancel = this.#clock.at(time, () => {
      this.#waiting.delete(waiting);
      void this.#try(replacement);
    });
    const waiting: Waiting = { replacement, time, cancel };
    this.#waiting.add(waiting);
  }

  async #try(replacement: Replacement): Promise<void> {
    this.#starting++;
    const started = await replacement.start();
    this.#starting--;
    if (started || this.#stopped) return;
    this.#streak++;
    this.#schedule(replacement);
  }
}
