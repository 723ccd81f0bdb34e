/** What replicas cost that come and go. */
import type { Replicas } from './allot.ts';
import type { Provision } from './provision.ts';

/** US dollars per hour of so many replicas; those without a price are free. */
export function hourlyCost({ groups }: Pick<Provision, 'groups'>, replicas: Replicas): number {
  return groups.reduce(
    (sum, { pools }, g) => pools.reduce((part, { price }, p) => part + price * replicas[g]![p]!, sum),
    0,
  );
}

export class CostMeter {
  readonly #start: number;
  #since: number;
  /** US dollars per hour now; and the sum of those until then, times milliseconds. */
  #hourly: number;
  #sum = 0;

  /** @param hourly US dollars per hour @param start milliseconds */
  constructor(hourly: number, start: number) {
    this.#hourly = hourly;
    this.#start = start;
    this.#since = start;
  }

  /** @param now milliseconds, not before any other */
  change(hourly: number, now: number): void {
    this.#sum += this.#hourly * (now - this.#since);
    this.#since = now;
    this.#hourly = hourly;
  }

  /** US dollars per hour, on average until now. */
  mean(now: number): number {
    if (now <= this.#start) return this.#hourly;
    return (this.#sum + this.#hourly * (now - this.#since)) / (now - this.#start);
  }
}
