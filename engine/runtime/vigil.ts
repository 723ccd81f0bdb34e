/**
 * Waiting awake for a short batch. A sleeping thread takes longer to wake up than a light stage takes to run, so while
 * one such batch is all that is under way, this thread keeps its event loop turning instead of going to sleep.
 */
import { availableParallelism } from 'node:os';

/** Milliseconds from sending a batch to its answer, up to which the replica's next one is waited for awake. */
const short = 0.3;

/** Milliseconds that a batch is waited for awake at most: what a wrong guess costs. */
const patience = 0.15;

/** How long a replica's last batch took, from sending it to its answer. */
export interface Pace {
  milliseconds: number;
}

export class Vigil {
  /** Never awake meanwhile. */
  paused = false;
  readonly #enabled: boolean;
  #underWay = 0;
  #end = 0;
  #turning = false;

  /** Whether this thread is kept from sleeping. */
  get awake(): boolean {
    return this.#turning;
  }

  /** @param cores with a single one, this thread would keep the replica's from running */
  constructor(cores = availableParallelism()) {
    this.#enabled = cores > 1;
  }

  /** Sends a batch and waits for the answer to it, awake if it may be short; keeps its pace. */
  async over<T>(pace: Pace, send: () => Promise<T>): Promise<T> {
    const start = performance.now();
    this.#underWay++;
    // With several under way, the cores are theirs.
    if (this.#enabled && !this.paused && this.#underWay === 1 && pace.milliseconds < short)
      this.#stayAwake(start + patience);
    try {
      return await send();
    } finally {
      this.#underWay--;
      pace.milliseconds = performance.now() - start;
    }
  }

  #stayAwake(end: number): void {
    this.#end = end;
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    // An immediate makes the event loop look for messages without waiting for them.
    if (this.#underWay === 1 && performance.now() < this.#end) setImmediate(this.#turn);
    else this.#turning = false;
  };
}
