/** How long batches of each size take on a pool's replicas: what the profile says, corrected by what is seen. */

/** Weight of the latest batch in the running mean of its size. */
const weight = 0.1;

export class BatchTimes {
  /** Milliseconds, by number of items; NaN where nothing is known. */
  readonly #times: Float64Array;
  readonly #profiled: (items: number) => number | undefined;
  /** Sizes of which only the first batch was seen. */
  readonly #first = new Set<number>();
  #known = false;

  /**
   * @param batch largest number of items
   * @param profiled milliseconds for so many items, where a profile says so
   */
  constructor(batch: number, profiled: (items: number) => number | undefined = () => undefined) {
    this.#profiled = profiled;
    this.#times = Float64Array.from({ length: batch + 1 }, (_, items) =>
      items === 0 ? 0 : (profiled(items) ?? NaN),
    );
    this.#known = this.#times.some((time, items) => items > 0 && !Number.isNaN(time));
  }

  /** Whether anything is known. */
  get known(): boolean {
    return this.#known;
  }

  /** The same for batches of up to another size. */
  resized(batch: number): BatchTimes {
    return new BatchTimes(batch, items => {
      const time = this.#times[items];
      return time === undefined || Number.isNaN(time) ? this.#profiled(items) : time;
    });
  }

  observe(items: number, milliseconds: number): void {
    if (items >= this.#times.length) return;
    const before = this.#times[items]!;
    // The first batch of a size may compile kernels: if the second is faster, that is what a batch takes.
    const replaces = this.#first.delete(items) && milliseconds < before;
    if (Number.isNaN(before)) this.#first.add(items);
    this.#times[items] =
      replaces || Number.isNaN(before) ? milliseconds : before + weight * (milliseconds - before);
    this.#known = true;
  }

  /**
   * Milliseconds that a batch is expected to take; 0 where nothing is known. A size that was not seen is interpolated;
   * below the least it takes as long as that, beyond the largest as much longer as it is larger, which is too long
   * rather than too short.
   */
  at(items: number): number {
    const known = this.#times[items];
    if (known !== undefined && !Number.isNaN(known)) return known;
    let below = Math.min(items, this.#times.length) - 1;
    while (below > 0 && Number.isNaN(this.#times[below]!)) below--;
    let above = items + 1;
    while (above < this.#times.length && Number.isNaN(this.#times[above]!)) above++;
    const upper = this.#times[above];
    if (below <= 0) return upper ?? 0;
    const lower = this.#times[below]!;
    if (upper === undefined) return (lower * items) / below;
    return lower + ((upper - lower) * (items - below)) / (above - below);
  }
}
