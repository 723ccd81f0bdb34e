/**
 * Work that the queries in flight still have before them: how many items of each stage are expected. A query brings what
 * a query brings on average, until it is known what it does bring.
 */
import { priorities } from '../../planner/index.ts';
import type { Query } from './query.ts';

export class Outstanding {
  /** Expected items by priority and stage. */
  readonly #items: Float64Array;
  readonly #stages: number;
  /** Expected items of one query, by stage. */
  readonly #scales: readonly number[];

  /** @param scales mean items of a query, by stage */
  constructor(scales: readonly number[]) {
    this.#scales = scales;
    this.#stages = scales.length;
    this.#items = new Float64Array((priorities.lowest + 1) * scales.length);
  }

  /** Items of a stage that come before those of a query of this priority. */
  ahead(stage: number, priority: number): number {
    let sum = 0;
    for (let p = priorities.highest; p <= priority; p++) sum += this.#items[p * this.#stages + stage]!;
    return sum;
  }

  begin(query: Query): void {
    query.owed = this.#scales.slice();
    const first = query.priority * this.#stages;
    for (let stage = 0; stage < this.#stages; stage++) this.#items[first + stage]! += this.#scales[stage]!;
  }

  /** It is known how many items of a stage a query has left. */
  set(query: Query, stage: number, items: number): void {
    const { owed } = query;
    if (!owed) return;
    this.#items[query.priority * this.#stages + stage]! += items - owed[stage]!;
    owed[stage] = items;
  }

  /** One item of a stage is done or skipped. */
  done(query: Query, stage: number): void {
    if (query.owed) this.set(query, stage, Math.max(0, query.owed[stage]! - 1));
  }

  /** @param last whether no query is left */
  end(query: Query, last: boolean): void {
    if (!query.owed) return;
    for (let stage = 0; stage < this.#stages; stage++) this.set(query, stage, 0);
    query.owed = null;
    // Sums of fractions don't come back to nothing by themselves.
    if (last) this.#items.fill(0);
  }
}
