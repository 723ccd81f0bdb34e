/** Replicas whose stand-ins take as long as their pool's hardware would, and what they were busy with. */
import { zeros, type ServiceDistribution } from '../../operators/index.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Batch, ReplicaSpec, ReplicaStage } from '../runtime/message.ts';
import type { Replica, ReplicaFactory } from '../runtime/replica.ts';
import { hiddenInputs, warmUp } from './stand-in.ts';

/** What the replicas of a group did on one hardware type. */
export interface Work {
  batches: number;
  items: number;
  /** Replica milliseconds taken, as the main thread sees it: from handing out a batch to its results. */
  busy: number;
}

/** Batches until code that runs often is compiled. */
const warmUps = 30;

/** One item through all stages of a group, of a query that is none. */
function warmUpBatch(stages: readonly ReplicaStage[]): Batch {
  const inputs = Object.values(hiddenInputs).map(port => ({ port, value: 0 }));
  const program = stages.map(({ ports }, stage) => ({ stage, inputs, exports: Object.keys(ports.outputs) }));
  const context = { query: warmUp.query, index: 0, last: true };
  return {
    programs: [program],
    items: [{ program: 0, values: [zeros('INT32', [1])], context }],
    recycled: [],
  };
}

export class EmulatedReplicas implements ReplicaFactory {
  readonly #factory: ReplicaFactory;
  readonly #clock: Clock;
  readonly #timesOf: (stage: string, hardware: string) => ServiceDistribution | undefined;
  readonly #work = new Map<string, Work>();

  /** @param timesOf service times of every stage on every hardware type that is deployed */
  constructor(
    factory: ReplicaFactory,
    clock: Clock,
    timesOf: (stage: string, hardware: string) => ServiceDistribution | undefined,
  ) {
    this.#factory = factory;
    this.#clock = clock;
    this.#timesOf = timesOf;
  }

  /** @param stages of the group, in any order */
  workOf(stages: readonly string[], hardware: string): Work {
    const key = JSON.stringify([stages.toSorted(), hardware]);
    const work = this.#work.get(key) ?? { batches: 0, items: 0, busy: 0 };
    this.#work.set(key, work);
    return work;
  }

  async start(spec: ReplicaSpec): Promise<Replica> {
    const { stages, hardware = '' } = spec;
    const emulated = stages.map(stage => ({
      ...stage,
      params: { ...stage.params, times: this.#timesOf(stage.name, hardware)!.points },
    }));
    const replica = await this.#factory.start({ ...spec, stages: emulated });
    const batch = warmUpBatch(stages);
    for (let turn = 0; turn < warmUps; turn++) await replica.run(batch);
    const names = stages.map(({ name }) => name);
    const work = this.workOf(names, hardware);
    return {
      run: async batch => {
        const start = this.#clock.now();
        const result = await replica.run(batch);
        work.batches++;
        work.items += batch.items.length;
        work.busy += this.#clock.now() - start;
        return result;
      },
      retire: () => replica.retire(),
      abandon: () => replica.abandon(),
    };
  }
}
