/**
 * How far off predictions are: a running quantile of their errors, by stochastic approximation (Robbins and Monro,
 * 1951): each error moves the estimate up by `step * quantile` if it is above, and down by `step * (1 - quantile)` if
 * not, so that it settles where that share of the errors is below.
 */

/** Share of predictions that should hold. */
const quantile = 0.99;

/** Milliseconds in which an estimate that nothing confirms loses half of what it is. */
const halfLife = 2000;

export class Calibration {
  readonly #step: number;
  #margin = 0;
  #last = 0;

  /** @param scale milliseconds that errors are small beside: the time there is for a query */
  constructor(scale: number) {
    this.#step = scale / 20;
  }

  /** Milliseconds that a prediction should be longer by, to hold nearly always. */
  margin(now: number): number {
    const idle = now - this.#last;
    return idle < halfLife / 4 ? this.#margin : this.#margin * 2 ** (-(idle - halfLife / 4) / halfLife);
  }

  /** @param error milliseconds that something took longer than predicted; Infinity: far too long */
  observe(error: number, now: number): void {
    const margin = this.margin(now);
    this.#margin = margin + this.#step * (error > margin ? quantile : quantile - 1);
    this.#last = now;
  }
}
