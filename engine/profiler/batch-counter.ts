/** Counts what the replicas of an engine run. */
import type { ReplicaFactory } from '../runtime/replica.ts';

export class BatchCounter {
  batches = 0;
  items = 0;

  /** Replicas whose batches are counted. */
  replicas(factory: ReplicaFactory): ReplicaFactory {
    return {
      start: async (spec, signal) => {
        const replica = await factory.start(spec, signal);
        return {
          ...replica,
          run: async batch => {
            const result = await replica.run(batch);
            this.batches++;
            this.items += batch.items.length;
            return result;
          },
        };
      },
    };
  }
}
