import { keyedUniform } from '../../../../operators/random.ts';

/** Draws that follow from a seed alone, so that what was found once is found again. */
export class Chance {
  readonly #seed: number;
  #draws = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(keyedUniform('fuzz', this.#seed, this.#draws++) * limit);
  }

  happens(share: number): boolean {
    return keyedUniform('fuzz', this.#seed, this.#draws++) < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
