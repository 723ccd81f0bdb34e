/**
 * A token bucket: as many as `burst` at once, and `rate` a second in the long run.
 */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #now: () => number;
  #tokens: number;
  #filled: number;

  /** @param rate tokens per second @param now milliseconds on a clock that never goes back */
  constructor(rate: number, burst: number, now: () => number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#now = now;
    this.#tokens = burst;
    this.#filled = now();
  }

  /** Takes one token if there is one. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Seconds until there is a token. */
  wait(): number {
    this.#fill();
    return Math.max(0, (1 - this.#tokens) / this.#rate);
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) / 1000) * this.#rate);
    this.#filled = now;
  }
}
