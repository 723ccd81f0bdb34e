/** How much memory a replica has, told with its results now and then. */

/** Milliseconds between two readings: they are not free. */
const interval = 1000;

export class ReplicaMemory {
  readonly #read: () => number;
  #next = 0;

  /** @param read bytes */
  constructor(read: () => number) {
    this.#read = read;
  }

  /** Bytes; 0 where they were told a moment ago. */
  report(): number {
    const now = performance.now();
    if (now < this.#next) return 0;
    this.#next = now + interval;
    return this.#read();
  }
}
