/** How the time of a group's batches divides among its stages, as seen so far. */

/** Weight of the latest batch. */
const weight = 0.05;

export class StageShares {
  readonly #stages: readonly number[];
  /** Milliseconds per batch, by place in the group. */
  readonly #times: Float64Array;
  #sum = 0;

  /** @param stages of the pipeline */
  constructor(stages: readonly number[]) {
    this.#stages = stages;
    this.#times = new Float64Array(stages.length);
  }

  /** @param times milliseconds, by place in the group */
  observe(times: readonly number[]): void {
    if (this.#stages.length === 1) return;
    this.#sum = 0;
    for (let place = 0; place < this.#times.length; place++) {
      this.#times[place]! += weight * (times[place]! - this.#times[place]!);
      this.#sum += this.#times[place]!;
    }
  }

  /** Equal shares, as long as nothing was seen. */
  of(stage: number): number {
    if (this.#sum === 0) return 1 / this.#stages.length;
    return this.#times[this.#stages.indexOf(stage)]! / this.#sum;
  }
}
