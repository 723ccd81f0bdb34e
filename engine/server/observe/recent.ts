/**
 * The last minute of histograms that only ever grow: a copy of each is kept every few seconds, and what lies between
 * two copies is their difference. So recording costs nothing more, and memory is bounded by the copies.
 */
import { LogHistogram, type Distribution } from './log-histogram.ts';

/** Milliseconds from copy to copy. */
export const interval = 5000;

/** Copies that are kept. */
const kept = 12;

/** A histogram as it once was. Counts are modulo 2^32, which differences within a minute never notice. */
interface Copy {
  counts: Uint32Array;
  count: number;
  sum: number;
}

function copyOf({ counts, count, sum }: Distribution): Copy {
  return { counts: new Uint32Array(counts), count, sum };
}

/** The oldest copy, about a minute old, or the last. */
export type Since = 'oldest' | 'last';

/** A histogram with its last minute. */
export class RecentHistogram extends LogHistogram {
  readonly #copies: Copy[] = [copyOf(this)];

  /** Keeps a copy, and forgets the oldest once there are enough. */
  turn(): void {
    this.#copies.push(copyOf(this));
    if (this.#copies.length > kept + 1) this.#copies.shift();
  }

  /** What was recorded since a copy. */
  since(which: Since): Distribution {
    const copy = which === 'oldest' ? this.#copies[0]! : this.#copies.at(-1)!;
    const counts = copy.counts.map((before, bucket) => this.counts[bucket]! - before);
    return { counts, count: this.count - copy.count, sum: this.sum - copy.sum };
  }
}

/** When the copies were taken. */
export class Turns {
  readonly #times: number[];

  /** @param now milliseconds on a clock that never runs backwards */
  constructor(now: number) {
    this.#times = [now];
  }

  turn(now: number): void {
    this.#times.push(now);
    if (this.#times.length > kept + 1) this.#times.shift();
  }

  /** Milliseconds since a copy. */
  since(which: Since, now: number): number {
    return now - (which === 'oldest' ? this.#times[0]! : this.#times.at(-1)!);
  }
}
