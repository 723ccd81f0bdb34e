/** When a server that ended is started again. */

/** Milliseconds before the first start after an end; each one after it twice that. */
const firstPause = 100;
/** With so many ends within so many milliseconds it is given up. */
export const tooOften = { ends: 5, within: 60_000 };

export class Restarts {
  #ends: number[] = [];

  /**
   * The server ended.
   * @param now milliseconds
   * @returns milliseconds until it is to be started again; null: never, it ends too often
   */
  ended(now: number): number | null {
    this.#ends = [...this.#ends.filter(end => now - end < tooOften.within), now];
    const { length } = this.#ends;
    return length < tooOften.ends ? firstPause * 2 ** (length - 1) : null;
  }
}
