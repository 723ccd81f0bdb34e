/** Made-up numbers that are the same on every machine. */
import { keyedUniform } from '../../operators/index.ts';

/** A stream of draws that its seed alone determines. */
export class Random {
  readonly #seed: number;
  #draws = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Evenly between two numbers. */
  between(low: number, high: number): number {
    return low + (high - low) * keyedUniform(this.#seed, this.#draws++);
  }

  /** Evenly between the logarithms of two positive numbers, so that each order of magnitude is as likely. */
  logBetween(low: number, high: number): number {
    return low * (high / low) ** this.between(0, 1);
  }

  /** Whether something with that chance happens. */
  chance(share: number): boolean {
    return this.between(0, 1) < share;
  }

  /** One of some values, each as likely. */
  oneOf<T>(values: readonly T[]): T {
    return values[Math.floor(this.between(0, values.length))]!;
  }
}
