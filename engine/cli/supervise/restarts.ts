/** When a server that ended is started again. */

/** Milliseconds before the first start after an end; each one after it twice that. */
const firstPause = 100;
/** Ends within so many milliseconds count together. */
export const window = 60_000;
/** With so many of them it is given up. */
export const mostEnds = 5;

export class Restarts {
  #ends: number[] = [];

  /**
   * The server ended.
   * @param now milliseconds
   * @returns milliseconds until it is to be started again; null: never, it ends too often
   */
  ended(now: number): number | null {
    this.#ends = [...this.#ends.filter(end => now - end < window), now];
    const { length } = this.#ends;
    return length < mostEnds ? firstPause * 2 ** (length - 1) : null;
  }
}
