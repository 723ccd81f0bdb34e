/** Bytes that come piece by piece, in one buffer: pieces of a byte each take no more memory than large ones. */
import { MillraceError } from '../../../operators/index.ts';
import type { ByteBudget } from './byte-budget.ts';

const least = 4096;
const none = new Uint8Array(0);

export interface GrowingOptions {
  /** Bytes it may have at most. */
  limit: number;
  budget: ByteBudget;
  /** Bytes there will be, as far as anyone says; nothing is made larger than that, and nothing taken on trust. */
  expected?: number | undefined;
  /** What is over the limit, for the message. */
  name: string;
}

export class GrowingBytes {
  readonly #options: GrowingOptions;
  #buffer = none;
  #size = 0;

  constructor(options: GrowingOptions) {
    this.#options = options;
  }

  /**
   * Adds a copy.
   * @throws MillraceError `too-large` beyond its limit, `overloaded` if the budget does not have so much
   */
  add(piece: Uint8Array): void {
    const { limit, name } = this.#options;
    const size = this.#size + piece.byteLength;
    if (size > limit) throw new MillraceError('too-large', `${name} is over the limit of ${limit} bytes`);
    if (size > this.#buffer.byteLength) this.#grow(size);
    this.#buffer.set(piece, this.#size);
    this.#size = size;
  }

  /** What came, handed over; it counts no longer. */
  take(): Uint8Array {
    const bytes = this.#buffer.subarray(0, this.#size);
    this.release();
    return bytes;
  }

  /** Forgets what came. */
  release(): void {
    this.#options.budget.giveBack(this.#buffer.byteLength);
    this.#buffer = none;
    this.#size = 0;
  }

  #grow(size: number): void {
    const { budget, limit, expected = Infinity } = this.#options;
    const twice = Math.min(Math.max(least, 2 * this.#buffer.byteLength), expected, limit);
    const buffer = new Uint8Array(Math.max(size, twice));
    const more = buffer.byteLength - this.#buffer.byteLength;
    if (!budget.has(more)) {
      throw new MillraceError(
        'overloaded',
        'the bodies of requests and replies on their way are at the limit; try again later',
      );
    }
    budget.take(more);
    buffer.set(this.#buffer.subarray(0, this.#size));
    this.#buffer = buffer;
  }
}
