/** Counts what the replicas of an engine run. */
import type { ReplicaFactory } from '../runtime/replica.ts';

export class BatchCounter {
  batches = 0;
  items = 0;
  /** Milliseconds of the batches of one that ran a stage, by its name. */
  readonly single = new Map<string, { time: number; batches: number }>();

  /** Replicas whose batches are counted. */
  replicas(factory: ReplicaFactory): ReplicaFactory {
    return {
      start: async (spec, signal) => {
        const replica = await factory.start(spec, signal);
        const names = spec.stages.map(({ name }) => name);
        return {
          ...replica,
          run: async batch => {
            const result = await replica.run(batch);
            this.batches++;
            this.items += batch.items.length;
            if (batch.items.length === 1)
              for (const { stage } of batch.programs[batch.items[0]!.program]!)
                this.#add(names[stage]!, result.times[stage]!);
            return result;
          },
        };
      },
    };
  }

  #add(stage: string, time: number): void {
    const sum = this.single.get(stage) ?? { time: 0, batches: 0 };
    this.single.set(stage, { time: sum.time + time, batches: sum.batches + 1 });
  }
}
