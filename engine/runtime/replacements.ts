/**
 * When lost replicas are replaced: at once after a healthy life, otherwise after a time that doubles with every loss and
 * every failed start in a row, so that what can't work is not started over and over. What has worked can, so its
 * replacement is not waited for as long.
 */
import type { Clock } from './clock.ts';

/**
 * Milliseconds before a replica is tried again after a first failure; doubled each time, up to the most, which is less
 * for one whose life was short but of use.
 */
const delays = { first: 100, mostOfUse: 1000, most: 30_000 };

/** What became of a replica before it is replaced: it had worked for a while, for too short a while, or never. */
export type Life = 'healthy' | 'short' | 'useless';

/** Starts a replica if one is needed; whether none is any more. Must not reject. */
type Start = () => Promise<boolean>;

interface Waiting {
  start: Start;
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

  /** @param life of what is replaced */
  add(start: Start, life: Life): void {
    this.#streak = life === 'healthy' ? 0 : this.#streak + 1;
    this.#schedule(start, life === 'short' ? delays.mostOfUse : delays.most);
  }

  /** Tries all that wait now: there is a replica that works. */
  hurry(): void {
    for (const waiting of this.#waiting) {
      this.#cancel(waiting);
      void this.#try(waiting.start);
    }
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

  #schedule(start: Start, most: number): void {
    if (this.#streak === 0) {
      void this.#try(start);
      return;
    }
    const time = this.#clock.now() + Math.min(delays.first * 2 ** (this.#streak - 1), most);
    const cancel = this.#clock.at(time, () => {
      this.#waiting.delete(waiting);
      void this.#try(start);
    });
    const waiting: Waiting = { start, time, cancel };
    this.#waiting.add(waiting);
  }

  async #try(start: Start): Promise<void> {
    this.#starting++;
    const isOver = await start();
    this.#starting--;
    if (isOver || this.#stopped) return;
    this.#streak++;
    this.#schedule(start, delays.most);
  }
}
