/** What replicas cost that come and go: each from when it is asked for to when it is sent away. */
import type { Replicas } from './allot.ts';
import type { Provision } from './provision.ts';

export class ReplicaCost {
  readonly #provision: Pick<Provision, 'groups'>;
  readonly #start: number;
  #since: number;
  #replicas: Replicas;
  /** US dollars per hour, times milliseconds. */
  #sum = 0;

  /** @param start milliseconds */
  constructor(provision: Pick<Provision, 'groups'>, replicas: Replicas, start: number) {
    this.#provision = provision;
    this.#replicas = replicas;
    this.#start = start;
    this.#since = start;
  }

  /** @param now milliseconds, not before any other */
  change(replicas: Replicas, now: number): void {
    this.#sum += this.#now() * (now - this.#since);
    this.#since = now;
    this.#replicas = replicas;
  }

  /** US dollars per hour, on average until now; replicas without a price are free. */
  mean(now: number): number {
    if (now <= this.#start) return this.#now();
    return (this.#sum + this.#now() * (now - this.#since)) / (now - this.#start);
  }

  #now(): number {
    return this.#provision.groups.reduce(
      (sum, { pools }, g) => pools.reduce((part, { price }, p) => part + price * this.#replicas[g]![p]!, sum),
      0,
    );
  }
}
