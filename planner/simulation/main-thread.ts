/** What waits for the engine's main thread. */
export const Task = { arrival: 0, completion: 1 } as const;

/**
 * The engine's main thread as a stage of its own: one server that takes in arriving queries and the results of
 * batches, first come, first served, each for a fixed time.
 */
export class MainThread {
  /** Whether it takes no time at all, so that there is nothing to simulate. */
  readonly instant: boolean;
  /** Time taken so far, in milliseconds. */
  busy = 0;
  readonly #costs: readonly number[];
  #ends = new Float64Array(64);
  #kinds = new Uint8Array(64);
  #ids = new Int32Array(64);
  #head = 0;
  #length = 0;
  /** When it is done with everything it has. */
  #free = 0;

  constructor({ query, hop }: { query: number; hop: number }) {
    this.instant = query === 0 && hop === 0;
    this.#costs = [query, hop];
  }

  /** When it is done with what it does now; Infinity if it does nothing. */
  get next(): number {
    return this.#length === 0 ? Infinity : this.#ends[this.#head]!;
  }

  get kind(): number {
    return this.#kinds[this.#head]!;
  }

  /** Number of the query or replica. */
  get id(): number {
    return this.#ids[this.#head]!;
  }

  push(kind: number, id: number, now: number): void {
    if (this.#length === this.#ids.length) this.#grow();
    const at = (this.#head + this.#length++) & (this.#ids.length - 1);
    const cost = this.#costs[kind]!;
    this.#free = (now > this.#free ? now : this.#free) + cost;
    this.busy += cost;
    this.#ends[at] = this.#free;
    this.#kinds[at] = kind;
    this.#ids[at] = id;
  }

  shift(): void {
    this.#head = (this.#head + 1) & (this.#ids.length - 1);
    this.#length--;
  }

  #grow(): void {
    const size = this.#ids.length;
    const ends = new Float64Array(2 * size);
    const kinds = new Uint8Array(2 * size);
    const ids = new Int32Array(2 * size);
    for (let i = 0; i < size; i++) {
      const at = (this.#head + i) & (size - 1);
      ends[i] = this.#ends[at]!;
      kinds[i] = this.#kinds[at]!;
      ids[i] = this.#ids[at]!;
    }
    this.#ends = ends;
    this.#kinds = kinds;
    this.#ids = ids;
    this.#head = 0;
  }
}
