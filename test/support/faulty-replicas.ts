/** Replicas in this thread that fail as a test tells them, on the virtual clock. */
import { localReplicas, type Clock, type Replica, type ReplicaFactory } from '../../engine/index.ts';
import type { Batch, BatchResult, ReplicaSpec } from '../../engine/runtime/message.ts';
import { ReplicaLost } from '../../engine/runtime/replica.ts';
import { textOf, type BytesTensor } from '../../operators/index.ts';

/** What becomes of a batch; by default it is run. */
export type Fault =
  | 'lost'
  | 'hangs'
  /** Another answer in place of the right one. */
  | ((right: BatchResult) => BatchResult);

export interface Faults {
  /** Is asked before a replica starts, with its number, from 0. An error: it won't start. */
  start?(replica: number): Error | undefined;
  /** Is asked before each batch, with the texts that are the items' first values. */
  run?(replica: number, texts: readonly string[]): Fault | undefined;
}

export class FaultyReplicas implements ReplicaFactory {
  /** When each replica was started, on the clock. */
  readonly started: number[] = [];
  /** Texts of each batch, in the order they were begun. */
  readonly batches: string[][] = [];
  /** Numbers of the replicas that were killed. */
  readonly killed: number[] = [];
  /** What each replica was started with. */
  readonly specs: ReplicaSpec[] = [];
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #ends: ((lost: ReplicaLost) => void)[] = [];

  constructor(clock: Clock, faults: Faults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Ends a replica that has nothing to do. */
  end(replica: number, how: string): void {
    this.#ends[replica]!(new ReplicaLost(how));
  }

  async start(spec: ReplicaSpec): Promise<Replica> {
    const number = this.started.push(this.#clock.now()) - 1;
    this.specs.push(spec);
    const gone = new Promise<ReplicaLost>(resolve => (this.#ends[number] = resolve));
    const failure = this.#faults.start?.(number);
    if (failure) throw failure;
    const replica = await localReplicas(this.#clock).start(spec);
    return {
      run: batch => this.#run(number, replica, batch, gone),
      retire: () => replica.retire(),
      abandon: () => undefined,
      kill: () => {
        this.killed.push(number);
        this.end(number, 'signal SIGKILL');
      },
      gone,
    };
  }

  async #run(number: number, replica: Replica, batch: Batch, gone: Promise<Error>): Promise<BatchResult> {
    const texts = batch.items.map(({ values }) => textOf(values[0] as BytesTensor));
    this.batches.push(texts);
    const fault = this.#faults.run?.(number, texts);
    if (fault === 'lost') throw new ReplicaLost('exit code 134', { cause: 'a segmentation fault' });
    if (fault === 'hangs') throw await gone;
    const right = await replica.run(batch);
    return fault ? fault(right) : right;
  }
}
