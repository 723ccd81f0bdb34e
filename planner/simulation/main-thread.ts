import type { SimulatedEngine } from './deployment.ts';
import type { Shared } from './host.ts';
import { Pauses } from './pauses.ts';

/** What waits for the engine's main thread. */
export const Task = { arrival: 0, completion: 1 } as const;

/** The main thread among the replicas of its host. */
export const mainThread = -1;

/**
 * The engine's main thread as a stage of its own: one server that takes in arriving queries and the results of
 * batches, first come, first served, each for a time of its kind and its items, but for its pauses. What it does is one
 * busy thread of its host.
 */
export class MainThread {
  /** Whether it takes no time at all, so that there is nothing to simulate. */
  readonly instant: boolean;
  /** Time taken so far, in milliseconds, on a host that is not crowded. */
  busy = 0;
  /** What it did last, and the number of that query or replica. */
  kind = 0;
  id = 0;
  readonly #costs: readonly number[];
  readonly #item: number;
  readonly #host: Shared;
  readonly #pauses: Pauses | null;
  #kinds = new Uint8Array(64);
  #ids = new Int32Array(64);
  #times = new Float64Array(64);
  #head = 0;
  #length = 0;

  /** @param host where it runs, alone or beside replicas */
  constructor({ query, hop, item = 0, stalls, collections }: SimulatedEngine, host: Shared, seed: number) {
    this.instant = query === 0 && hop === 0 && item === 0;
    this.#costs = [query, hop];
    this.#item = item;
    this.#host = host;
    this.#pauses = stalls || collections ? new Pauses(stalls, collections, seed) : null;
  }

  /** @param items of a batch; an arriving query has none */
  push(kind: number, id: number, items: number, now: number, sequence: number): void {
    if (this.#length === this.#ids.length) this.#grow();
    const at = (this.#head + this.#length) & (this.#ids.length - 1);
    const time = this.#costs[kind]! + items * this.#item;
    this.busy += time;
    this.#times[at] = time;
    this.#kinds[at] = kind;
    this.#ids[at] = id;
    if (this.#length++ === 0) this.#begin(now, sequence);
  }

  /** Its task has ended on its host: it goes on with the next. */
  shift(now: number, sequence: number): void {
    this.kind = this.#kinds[this.#head]!;
    this.id = this.#ids[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ids.length - 1);
    this.#host.leave(1);
    if (--this.#length > 0) this.#begin(now, sequence);
  }

  #begin(now: number, sequence: number): void {
    const kind = this.#kinds[this.#head]!;
    const pause = this.#pauses === null ? 0 : this.#pauses.before(now, kind === Task.arrival);
    this.#host.start(mainThread, now, pause + this.#times[this.#head]!, 1, sequence);
  }

  #grow(): void {
    const size = this.#ids.length;
    const kinds = new Uint8Array(2 * size);
    const ids = new Int32Array(2 * size);
    const times = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      const at = (this.#head + i) & (size - 1);
      kinds[i] = this.#kinds[at]!;
      ids[i] = this.#ids[at]!;
      times[i] = this.#times[at]!;
    }
    this.#kinds = kinds;
    this.#ids = ids;
    this.#times = times;
    this.#head = 0;
  }
}
