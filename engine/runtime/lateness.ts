/** Which queries can't be answered in time, and what a client is told of them. */
import type { Remaining } from '../../planner/index.ts';
import type { WorkItem } from './query.ts';

/** Whether items are in time, by what is left of their queries from each stage on. */
export class Lateness {
  #remaining: Remaining | null = null;

  /** What is left of a query from each stage on. */
  expect(remaining: Remaining): void {
    this.#remaining = remaining;
  }

  /** Milliseconds that an item's query takes at least from this stage on. */
  leastFrom(stage: number): number {
    return this.#remaining?.from[stage] ?? 0;
  }

  /** Whether an item's query can't be in time any more. */
  isLate({ query: { deadline }, stage }: WorkItem, now: number): boolean {
    return deadline < Infinity && (now >= deadline || now + this.leastFrom(stage) > deadline);
  }

  /** When an item's batch must be over at the latest, for its query to be in time; Infinity: whenever. */
  dueOf({ query: { deadline }, stage }: WorkItem): number {
    return deadline - (this.#remaining?.beyond[stage] ?? 0);
  }
}

export function inMilliseconds(time: number): string {
  return `${Math.round(time)} ms`;
}

/** @param least milliseconds from the start of that stage to the end of the query @param left milliseconds */
export function needs(stage: string, least: number, left: number): string {
  const has = Math.max(0, Math.floor(left));
  if (least === 0) return `the query's time was over before stage "${stage}" began`;
  return `stage "${stage}" and what follows need ${inMilliseconds(Math.ceil(least))}, ${inMilliseconds(has)} left`;
}
