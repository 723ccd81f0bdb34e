/**
 * When lost replicas are replaced: at once after a healthy life, otherwise after a time that doubles with every loss and
 * every failed start in a row, so that what can't work is not started over and over.
 */
import type { Clock } from './clock.ts';

/** Milliseconds before a replica is tried again after a first failure; doubled with each further one, up to the most. */
const delays = { first: 100, most: 30_000 };

/** Starts a replica; whether it did. Must not reject. */
export type Start = () => Promise<boolean>;

interface Waiting {
  /** When it is tried, on the clock. */
  time: number;
  start: Start;
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
  add(wasHealthy: boolean, start: Start): void {
    this.#streak = wasHealthy ? 0 : this.#streak + 1;
    this.#schedule(start);
  }

  /** Tries all that wait now: there is a replica that works. */
  hurry(): void {
    for (const { cancel, start } of this.#takeWaiting(this.#waiting.size)) {
      cancel();
      void this.#try(start);
    }
  }

  /** Gives up to `count` of those up that wait. @returns how many it were */
  drop(count: number): number {
    const dropped = this.#takeWaiting(count);
    for (const { cancel } of dropped) cancel();
    return dropped.length;
  }

  /** Starts none any more. */
  stop(): void {
    this.#stopped = true;
    this.drop(this.#waiting.size);
  }

  #takeWaiting(count: number): Waiting[] {
    const taken = [...this.#waiting].slice(0, count);
    for (const waiting of taken) this.#waiting.delete(waiting);
    return taken;
  }

  #schedule(start: Start): void {
    if (this.#streak === 0) {
      void this.#try(start);
      return;
    }
    const time = this.#clock.now() + Math.min(delays.first * 2 ** (this.#streak - 1), delays.most);
    const cancel = this.#clock.at(time, () => {
      this.#waiting.delete(waiting);
      void this.#try(start);
    });
    const waiting: Waiting = { time, start, cancel };
    this.#waiting.add(waiting);
  }

  async #try(start: Start): Promise<void> {
    this.#starting++;
    const started = await start();
    this.#starting--;
    if (started || this.#stopped) return;
    this.#streak++;
    this.#schedule(start);
  }
}
