/** What batches of one cost in an engine that has a single query, and nothing else to do while one of them runs. */
import type { ReplicaFactory } from '../runtime/replica.ts';
import { stageTimes, sumOf } from './stage-times.ts';

/** A batch of one that ran while no other did. In milliseconds. */
export interface LoneBatch {
  /** How long its replica had waited for it. */
  rest: number;
  /** What each of the group's stages took by the replica's clock; null: it was not run. */
  times: readonly (number | null)[];
  /** From sending it to its results, less the stages' times. */
  handover: number;
  /** From sending it to the next batch of the query, or its answer, less the stages' times. */
  beside: number;
}

export interface LoneGroup {
  stages: readonly string[];
  /** Of queries that came at once after the last, and of those that came after a rest. */
  batches: LoneBatch[];
  rested: LoneBatch[];
  /** Batches of more items, or beside others: those slow each other down. */
  others: number;
}

/** Batches of either kind that are kept of each group. */
const mostBatches = 5000;

/** Watches one query at a time: between these there may be any number, of which nothing is kept. */
export class LoneBatches {
  /** Milliseconds from each query that came at once to its first batch. */
  readonly queries: number[] = [];
  readonly #groups = new Map<string, LoneGroup>();
  /** When the query was sent, until its first batch is. */
  #sent: number | null = null;
  #watching = false;
  #rested = false;
  #begun = 0;
  #underWay = 0;
  /** The lone batch that is over, until its results went on. */
  #open: { group: LoneGroup; start: number; batch: Omit<LoneBatch, 'beside'> } | null = null;

  get groups(): LoneGroup[] {
    return [...this.#groups.values()].filter(({ batches }) => batches.length > 0);
  }

  /** A query is sent now, while no other is there. @param rested whether everything has rested since the last */
  sent(rested: boolean): void {
    this.#watching = true;
    this.#rested = rested;
    this.#sent = performance.now();
  }

  /** It is answered. */
  answered(): void {
    this.#close(performance.now());
    this.#watching = false;
    this.#sent = null;
  }

  /** Replicas whose batches are watched. */
  replicas(factory: ReplicaFactory): ReplicaFactory {
    return {
      start: async (spec, signal) => {
        const replica = await factory.start(spec, signal);
        const group = this.#groupOf(spec.stages.map(({ name }) => name));
        let over = performance.now();
        return {
          ...replica,
          run: async batch => {
            const start = performance.now();
            const rest = start - over;
            this.#close(start);
            const begun = ++this.#begun;
            const isFirst = this.#underWay++ === 0;
            const result = await replica.run(batch).finally(() => this.#underWay--);
            over = performance.now();
            if (!this.#watching) return result;
            if (batch.items.length > 1 || !isFirst || begun !== this.#begun) group.others++;
            else {
              const times = stageTimes(batch, result, group.stages.length);
              this.#open = { group, start, batch: { rest, times, handover: over - start - sumOf(times) } };
            }
            return result;
          },
        };
      },
    };
  }

  #groupOf(stages: readonly string[]): LoneGroup {
    const key = JSON.stringify(stages);
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { stages, batches: [], rested: [], others: 0 }));
    return group;
  }

  /** What a lone batch led to begins now. */
  #close(now: number): void {
    if (this.#sent !== null) {
      if (!this.#rested) this.queries.push(now - this.#sent);
      this.#sent = null;
    }
    if (!this.#open) return;
    const { group, start, batch } = this.#open;
    this.#open = null;
    const kept = this.#rested ? group.rested : group.batches;
    if (kept.length >= mostBatches) return;
    kept.push({ ...batch, beside: now - start - sumOf(batch.times) });
  }
}
