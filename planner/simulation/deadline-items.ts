/** A group's queue in virtual time where queries have deadlines: in the engine's order, with the face of `ItemQueue`. */
import { WorkQueue } from '../work-queue.ts';

export class DeadlineItems {
  readonly #waiting = new WorkQueue<number>();
  readonly #deadlineOf: (work: number) => number;
  #now = 0;

  /** @param deadlineOf of a piece of work, in milliseconds */
  constructor(deadlineOf: (work: number) => number) {
    this.#deadlineOf = deadlineOf;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get first(): number {
    return this.#waiting.first(this.#now)!;
  }

  /** When the first came. */
  get came(): number {
    return this.#waiting.queuedOfFirst();
  }

  /** When the one that has waited longest came. */
  get oldest(): number {
    return this.#waiting.oldest();
  }

  push(work: number, now: number): void {
    this.#now = now;
    this.#waiting.push(work, now, this.#deadlineOf(work));
  }

  shift(): void {
    this.#waiting.shift();
  }
}
