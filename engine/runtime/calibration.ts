/**
 * How far off predictions are: a quantile of the errors of the last second. What is longer ago does not count, so that a
 * stall of the machine keeps queries out no longer than that.
 */

/** Share of predictions that should hold. */
const quantile = 0.98;

/** Milliseconds that an error counts for. */
const span = 1000;

/** Errors that are kept, and below which nothing is concluded. */
const [most, fewest] = [512, 16];

/** Milliseconds for which the quantile is not worked out anew. */
const settled = 20;

export class Calibration {
  readonly #errors = new Float64Array(most);
  readonly #times = new Float64Array(most).fill(-Infinity);
  readonly #limit: number;
  #at = 0;
  #margin = 0;
  #next = -Infinity;

  /** @param limit milliseconds that the margin is at most: what is longer than that closes the door for good */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Milliseconds that a prediction should be longer by, to hold nearly always; below 0 if it may be shorter. */
  margin(now: number): number {
    if (now < this.#next) return this.#margin;
    this.#next = now + settled;
    const recent = this.#errors.filter((_, at) => this.#times[at]! > now - span).sort();
    const place = Math.ceil(quantile * recent.length) - 1;
    this.#margin = recent.length < fewest ? 0 : Math.min(this.#limit, recent[place]!);
    return this.#margin;
  }

  /** @param error milliseconds that something took longer than predicted; Infinity: far too long */
  observe(error: number, now: number): void {
    this.#errors[this.#at] = error;
    this.#times[this.#at] = now;
    this.#at = (this.#at + 1) % most;
  }
}
