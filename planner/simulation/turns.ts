import { EventHeap } from './event-heap.ts';
import type { Shared } from './host.ts';

/** A device that runs one batch at a time, in the order they came, whatever replica they are of. */
export class Turns implements Shared {
  /** Its batches have it to themselves. */
  readonly company = 0;
  readonly #ends = new EventHeap(1);
  /** When all that came so far is done. */
  #free = 0;

  reserve(batches: number): void {
    this.#ends.reserve(batches);
  }

  get next(): number {
    return this.#ends.time;
  }

  get sequence(): number {
    return this.#ends.sequence;
  }

  start(replica: number, now: number, service: number, _threads: number, sequence: number): void {
    this.#free = Math.max(now, this.#free) + service;
    this.#ends.push(this.#free, sequence, replica);
  }

  end(): number {
    return this.#ends.pop();
  }

  leave(): void {}
}
