import type { Clock } from '../runtime/clock.ts';

/** The time there is to measure in. What is spent waiting for a turn does not count. */
export class Budget {
  readonly #clock: Clock;
  readonly #whole: Budget | null;
  #end: number;

  /** @param milliseconds from now */
  constructor(clock: Clock, milliseconds: number, whole: Budget | null = null) {
    this.#clock = clock;
    this.#whole = whole;
    this.#end = clock.now() + milliseconds;
  }

  /** Milliseconds left; 0 once it is over. */
  get left(): number {
    return Math.max(0, this.#end - this.#clock.now());
  }

  get isOver(): boolean {
    return this.left === 0;
  }

  /** A share, 0 to 1, of what is left; what is not spent of it stays in the whole. */
  share(share: number): Budget {
    return new Budget(this.#clock, this.left * share, this);
  }

  /** Waits without spending. */
  async wait(turn: () => Promise<void>): Promise<void> {
    const start = this.#clock.now();
    await turn();
    this.#extend(this.#clock.now() - start);
  }

  #extend(milliseconds: number): void {
    this.#end += milliseconds;
    if (this.#whole) this.#whole.#extend(milliseconds);
  }
}
