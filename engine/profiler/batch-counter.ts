/** Counts what the replicas of an engine run. */
import type { ReplicaFactory } from '../runtime/replica.ts';

/** Batches of one that ran a stage while no other batch was under way: others slow them down, which is no stage's own. */
export interface SingleBatches {
  /** Milliseconds that the stage took them, on average. */
  time: number;
  /** Milliseconds that the replica had waited before each, of so many that they tell. */
  rests: readonly number[];
}

/** Rests that are kept of each stage. */
const mostRests = 500;

interface Sums {
  time: number;
  batches: number;
  rests: number[];
}

export class BatchCounter {
  batches = 0;
  items = 0;
  readonly #single = new Map<string, Sums>();
  #begun = 0;
  #underWay = 0;

  /** By stage. */
  get single(): [stage: string, SingleBatches][] {
    return [...this.#single].map(([stage, { time, batches, rests }]) => [
      stage,
      { time: time / batches, rests },
    ]);
  }

  /** Forgets what batches of one took so far. */
  startOver(): void {
    this.#single.clear();
  }

  /** Replicas whose batches are counted. */
  replicas(factory: ReplicaFactory): ReplicaFactory {
    return {
      start: async (spec, signal) => {
        const replica = await factory.start(spec, signal);
        const names = spec.stages.map(({ name }) => name);
        let over = performance.now();
        return {
          ...replica,
          run: async batch => {
            const rest = performance.now() - over;
            const begun = ++this.#begun;
            const isFirst = this.#underWay++ === 0;
            const result = await replica.run(batch).finally(() => this.#underWay--);
            over = performance.now();
            this.batches++;
            this.items += batch.items.length;
            if (batch.items.length === 1 && isFirst && begun === this.#begun)
              for (const { stage } of batch.programs[batch.items[0]!.program]!)
                this.#add(names[stage]!, result.times[stage]!, rest);
            return result;
          },
        };
      },
    };
  }

  #add(stage: string, time: number, rest: number): void {
    let sums = this.#single.get(stage);
    if (!sums) this.#single.set(stage, (sums = { time: 0, batches: 0, rests: [] }));
    sums.time += time;
    sums.batches++;
    if (sums.rests.length < mostRests) sums.rests.push(rest);
  }
}
