/**
 * The arrival envelope: for windows of several lengths, the most queries that came within any window of that length.
 * It tells bursts on every scale of time apart at once.
 *
 * After InferLine's tuner (Crankshaw et al., SoCC 2020, section 5), which has it from network calculus (Le Boudec and
 * Thiran, 2001): windows double from the pipeline's service time to a minute.
 */

/** Milliseconds of the longest window. */
export const longestWindow = 60_000;

/** @param serviceTime milliseconds that a query takes which meets no other */
export function envelopeWindows(serviceTime: number): readonly number[] {
  const windows: number[] = [];
  for (let window = Math.max(1, Math.ceil(serviceTime)); window < longestWindow; window *= 2)
    windows.push(window);
  return [...windows, longestWindow];
}

/**
 * Counts arrivals, to the millisecond: those of one millisecond are at one instant. What it remembers is as much
 * whatever comes.
 */
export class ArrivalEnvelope {
  readonly #windows: readonly number[];
  /** Arrivals up to the end of each of the last milliseconds, as a ring; counts may run over. */
  readonly #upTo = new Uint32Array(longestWindow + 1);
  /** Most arrivals in a window of each length since they were last taken. */
  readonly #most: Float64Array;
  #total = 0;
  /** The millisecond that is counted now; NaN before the first. */
  #slot = NaN;

  /** @param windows whole milliseconds, at most `longestWindow` */
  constructor(windows: readonly number[]) {
    this.#windows = windows;
    this.#most = new Float64Array(windows.length);
  }

  /** @param now milliseconds, not before any other */
  arrive(now: number): void {
    this.#advance(now);
    this.#total = (this.#total + 1) >>> 0;
    this.#upTo[this.#slot % this.#upTo.length] = this.#total;
    this.#count();
  }

  /**
   * The most arrivals in a window of each length that ended since this was last called, or ends now.
   *
   * @param now milliseconds, not before any arrival
   */
  take(now: number): Float64Array {
    this.#advance(now);
    this.#count();
    const taken = this.#most.slice();
    this.#most.fill(0);
    return taken;
  }

  #advance(now: number): void {
    const slot = Math.floor(now);
    const { length } = this.#upTo;
    if (Number.isNaN(this.#slot)) this.#slot = slot;
    for (let at = Math.max(this.#slot + 1, slot - length + 1); at <= slot; at++)
      this.#upTo[at % length] = this.#total;
    if (slot > this.#slot) this.#slot = slot;
  }

  /** Counts the windows that end with the current millisecond. */
  #count(): void {
    const { length } = this.#upTo;
    for (let w = 0; w < this.#windows.length; w++) {
      const before = this.#upTo[(this.#slot - this.#windows[w]! + length) % length]!;
      const count = (this.#total - before) >>> 0;
      if (count > this.#most[w]!) this.#most[w] = count;
    }
  }
}

/** The envelope of all these arrivals, in milliseconds, ascending. */
export function envelopeOf(arrivals: Float64Array, windows: readonly number[]): Float64Array {
  const envelope = new ArrivalEnvelope(windows);
  for (const arrival of arrivals) envelope.arrive(arrival);
  return envelope.take(arrivals.at(-1) ?? 0);
}
