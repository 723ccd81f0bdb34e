/**
 * What holds the engine's main thread up now and then: stalls of the machine, which come whatever the thread does, and
 * collections of garbage, which come with the queries. Beside stages of a millisecond they decide the tail: what came
 * meanwhile waits, and then all of it at once.
 */
import { drawFrom, keyedPrefix, ServiceDistribution } from '../../operators/index.ts';
import type { Collections, Stalls } from '../profile/profile.ts';

/** Sets the draws apart from those of stages, which are numbered from 0. */
const [stallKey, collectionKey] = [-1, -2];

const draws = { interval: 0, length: 1 } as const;

export class Pauses {
  readonly #every: number;
  readonly #lengths: ServiceDistribution | null;
  readonly #prefix: number;
  /** When the next stall begins, and how long it is; its number. */
  #start = Infinity;
  #length = 0;
  #stall = 0;
  readonly #queries: number;
  readonly #time: number;
  /** Queries taken in since the last collection. */
  #taken = 0;

  constructor(stalls: Stalls | undefined, collections: Collections | undefined, seed: number) {
    this.#every = stalls?.every ?? Infinity;
    this.#lengths = stalls
      ? new ServiceDistribution([{ batch: 1, mean: 0, quantiles: stalls.quantiles }])
      : null;
    this.#prefix = keyedPrefix(seed, stallKey);
    this.#queries = collections?.queries ?? Infinity;
    this.#time = collections?.time ?? 0;
    if (collections) this.#taken = drawFrom(keyedPrefix(seed, collectionKey), 0, 0) * collections.queries;
    if (stalls) this.#draw(0);
  }

  /**
   * Milliseconds that what the thread begins now waits for it.
   * @param takesQuery whether it takes a query in
   */
  before(now: number, takesQuery: boolean): number {
    let end = now;
    while (this.#start <= now) {
      end = Math.max(end, this.#start + this.#length);
      this.#draw(this.#start);
    }
    if (!takesQuery || ++this.#taken < this.#queries) return end - now;
    this.#taken -= this.#queries;
    return end - now + this.#time;
  }

  /** Draws the next stall: they are as likely at any moment, whenever the last one was (a Poisson process). */
  #draw(after: number): void {
    this.#start = after - this.#every * Math.log1p(-drawFrom(this.#prefix, this.#stall, draws.interval));
    this.#length = this.#lengths!.draw(1, drawFrom(this.#prefix, this.#stall, draws.length));
    this.#stall++;
  }
}
