/** What batches of one cost while all cores are busy with a pipeline's queries. */
import type { ReplicaFactory } from '../runtime/replica.ts';
import { stageTimes, sumOf } from './stage-times.ts';

/** In milliseconds. */
export interface CrowdedBatch {
  /** What each of the group's stages took by the replica's clock; null: it was not run. */
  times: readonly (number | null)[];
  /** From sending it to its results, less the stages' times. */
  handover: number;
}

export interface CrowdedGroup {
  stages: readonly string[];
  batches: CrowdedBatch[];
  /** Batches of more items. */
  others: number;
}

/** Batches that are kept of each group. */
const mostBatches = 5000;

/** Share of the other cores that were busy with batches, on average over a batch, from which on it was crowded. */
const leastCompany = 0.8;

/** Watches as many queries as there are replicas for all cores, while it is told to. */
export class CrowdedBatches {
  watching = false;
  /** Replicas that there are cores for. */
  readonly replicasAtOnce: number;
  readonly #groups = new Map<string, CrowdedGroup>();
  #underWay = 0;
  /** Milliseconds of batches up to some moment. */
  #busy = 0;
  #at = 0;
  /** Of what was kept: milliseconds, and those of batches beside. */
  #watched = 0;
  #beside = 0;

  constructor(replicasAtOnce: number) {
    this.replicasAtOnce = replicasAtOnce;
  }

  /** Empty if there was less to do than for all cores. */
  get groups(): CrowdedGroup[] {
    const isCrowded = this.#beside >= leastCompany * (this.replicasAtOnce - 1) * this.#watched;
    return isCrowded ? [...this.#groups.values()].filter(({ batches }) => batches.length > 0) : [];
  }

  /** Nothing of what was seen counts. */
  forget(): void {
    for (const group of this.#groups.values()) group.batches = [];
  }

  /** Replicas whose batches are watched. */
  replicas(factory: ReplicaFactory): ReplicaFactory {
    return {
      start: async (spec, signal) => {
        const replica = await factory.start(spec, signal);
        const group = this.#groupOf(spec.stages.map(({ name }) => name));
        return {
          ...replica,
          run: async batch => {
            const { watching } = this;
            const before = this.#change(1);
            const start = this.#at;
            let [end, all] = [0, 0];
            const result = await replica.run(batch).finally(() => {
              all = this.#change(-1);
              end = this.#at;
            });
            if (!watching || !this.watching) return result;
            const took = end - start;
            this.#watched += took;
            this.#beside += all - before - took;
            if (batch.items.length > 1) group.others++;
            else if (group.batches.length < mostBatches) {
              const times = stageTimes(batch, result, group.stages.length);
              group.batches.push({ times, handover: took - sumOf(times) });
            }
            return result;
          },
        };
      },
    };
  }

  #groupOf(stages: readonly string[]): CrowdedGroup {
    const key = JSON.stringify(stages);
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { stages, batches: [], others: 0 }));
    return group;
  }

  /** More or fewer batches are under way. @returns milliseconds of all batches so far */
  #change(by: number): number {
    const now = performance.now();
    this.#busy += (now - this.#at) * this.#underWay;
    this.#at = now;
    this.#underWay += by;
    return this.#busy;
  }
}
