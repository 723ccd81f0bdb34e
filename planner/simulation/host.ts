import { EventHeap } from './event-heap.ts';

/** What replicas share, and when their batches on it end. */
export interface Shared {
  /** When the next batch ends; Infinity if none runs. */
  readonly next: number;
  readonly sequence: number;
  /** Share of the cores that are busy, of all but one: what a batch that starts now runs beside. */
  readonly company: number;
  /** Makes room for so many batches at a time. */
  reserve(batches: number): void;
  /** @param service milliseconds the batch would take alone */
  start(replica: number, now: number, service: number, threads: number, sequence: number): void;
  /** The replica whose batch ends now; to be followed by `leave`. */
  end(now: number): number;
  /** A batch of so many threads is over. */
  leave(threads: number): void;
}

/**
 * Replicas that share one machine's cores, and when their batches end. While more threads are busy than there are
 * cores, all of them go on more slowly, each with an equal share.
 *
 * That is processor sharing, simulated in the host's own time, which runs slower then (Demers, Keshav & Shenker 1989):
 * a batch ends at a moment of the host's time that nothing can move, so starting or ending one touches no other.
 */
export class Host implements Shared {
  readonly #cores: number;
  readonly #ends = new EventHeap(1);
  /** The host's time, at `#at` of the real time; the two are one where cores are unlimited. */
  #time = 0;
  #at = 0;
  #busy = 0;
  #rate = 1;

  /** @param cores Infinity: replicas never slow each other */
  constructor(cores: number) {
    this.#cores = cores;
  }

  reserve(batches: number): void {
    this.#ends.reserve(batches);
  }

  get next(): number {
    const end = this.#ends.time;
    if (this.#cores === Infinity || end === Infinity) return end;
    return Math.max(this.#at, this.#at + (end - this.#time) / this.#rate);
  }

  get sequence(): number {
    return this.#ends.sequence;
  }

  get company(): number {
    return this.#busy === 0 || this.#cores <= 1 ? 0 : Math.min(1, this.#busy / (this.#cores - 1));
  }

  start(replica: number, now: number, service: number, threads: number, sequence: number): void {
    if (this.#cores === Infinity) {
      this.#ends.push(now + service, sequence, replica);
      return;
    }
    this.#advance(now);
    this.#ends.push(this.#time + service, sequence, replica);
    this.#occupy(threads);
  }

  end(now: number): number {
    if (this.#cores !== Infinity) {
      this.#advance(now);
      // Exactly the end, whatever rounding made of the way there.
      this.#time = this.#ends.time;
    }
    return this.#ends.pop();
  }

  leave(threads: number): void {
    if (this.#cores !== Infinity) this.#occupy(-threads);
  }

  #advance(now: number): void {
    this.#time += (now - this.#at) * this.#rate;
    this.#at = now;
  }

  #occupy(threads: number): void {
    this.#busy += threads;
    this.#rate = this.#busy <= this.#cores ? 1 : this.#cores / this.#busy;
  }
}
