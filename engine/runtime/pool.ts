/** Replicas of one group on the same hardware with the same maximum batch. */
import type { Device } from '../../operators/index.ts';
import type { PoolLimits } from '../../planner/index.ts';
import { Bag, type Placed } from './bag.ts';
import type { Clock } from './clock.ts';
import type { Lender } from './held-memory.ts';
import type { Batch, BatchResult, ReplicaSpec, ReplicaStage } from './message.ts';
import type { Replica, ReplicaFactory } from './replica.ts';

export interface PoolSetup extends PoolLimits {
  /** Name of the hardware type. */
  hardware: string;
  device: Device;
  threads: number;
  replicas: number;
}

/** A replica's place in its pool. */
export class Slot implements Lender, Placed {
  place = -1;
  readonly #replica: Replica;
  returns: SharedArrayBuffer[] | null = [];

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Runs a batch, sending along the memory that came back since the last. */
  run({ programs, items }: Omit<Batch, 'recycled'>): Promise<BatchResult> {
    let recycled: SharedArrayBuffer[] = [];
    if (this.returns && this.returns.length > 0) {
      recycled = this.returns;
      this.returns = [];
    }
    return this.#replica.run({ programs, items, recycled });
  }

  async retire(): Promise<void> {
    this.returns = null;
    await this.#replica.retire();
  }

  abandon(): void {
    this.returns = null;
    this.#replica.abandon();
  }
}

/** Milliseconds before a replica that would not start is tried again; doubled each time, up to the second. */
const restartDelay = { first: 1000, most: 30_000 };

export interface PoolEvents {
  /** A replica is ready for work. */
  ready(): void;
  /** A replacement would not start. */
  startFailed(error: unknown): void;
}

export class Pool {
  readonly setup: PoolSetup;
  readonly #spec: ReplicaSpec;
  readonly #clock: Clock;
  readonly #factory: ReplicaFactory;
  readonly #events: PoolEvents;
  readonly #idle: Slot[] = [];
  readonly #busy = new Bag<Slot>();
  /** Replaced, with a batch that is not over. */
  readonly #stuck = new Set<Slot>();
  readonly #ending = new Set<Promise<void>>();
  #restart: (() => void) | null = null;
  #closed = false;

  constructor(
    setup: PoolSetup,
    stages: readonly ReplicaStage[],
    clock: Clock,
    factory: ReplicaFactory,
    events: PoolEvents,
  ) {
    this.setup = setup;
    const { hardware, device, threads } = setup;
    this.#spec = { stages: stages.map(plainStage), hardware, device, threads };
    this.#clock = clock;
    this.#factory = factory;
    this.#events = events;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get busy(): number {
    return this.#busy.size;
  }

  /** Replicas that take work, now or later. */
  get live(): number {
    return this.#idle.length + this.#busy.size;
  }

  /** Starts every replica; on a GPU one after the other, since two sessions made at once can crash the process. */
  async start(): Promise<void> {
    const startOne = async () => {
      this.#idle.push(new Slot(await this.#factory.start(this.#spec)));
    };
    if (this.setup.device !== 'cpu') {
      for (let i = 0; i < this.setup.replicas; i++) await startOne();
      return;
    }
    const started = await Promise.allSettled(Array.from({ length: this.setup.replicas }, startOne));
    const failed = started.find(result => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** An idle replica, now busy. */
  take(): Slot {
    const slot = this.#idle.pop();
    if (!slot) throw new RangeError('no replica is idle');
    this.#busy.add(slot);
    return slot;
  }

  /** A replica's batch is over and it is idle again. */
  giveBack(slot: Slot): void {
    this.#busy.delete(slot);
    if (this.#closed) this.#end(slot);
    else this.#idle.push(slot);
  }

  /** A replica is not to be used again: another takes its place. It is ended by `discard` once its batch is over. */
  replace(slot: Slot): void {
    slot.returns = null;
    this.#busy.delete(slot);
    this.#stuck.add(slot);
    if (!this.#closed) void this.#startReplacement(restartDelay.first);
  }

  /** Ends a replica that was replaced. */
  discard(slot: Slot): void {
    this.#stuck.delete(slot);
    this.#end(slot);
  }

  /** Ends idle replicas and those that become idle; busy ones no longer keep the process alive. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.();
    for (const slot of this.#idle.splice(0)) this.#end(slot);
    for (const slot of [...this.#busy, ...this.#stuck]) slot.abandon();
    await Promise.all(this.#ending);
  }

  async #startReplacement(delay: number): Promise<void> {
    let slot: Slot;
    try {
      slot = new Slot(await this.#factory.start(this.#spec));
    } catch (error) {
      if (this.#closed) return;
      this.#events.startFailed(error);
      this.#restart = this.#clock.at(this.#clock.now() + delay, () => {
        void this.#startReplacement(Math.min(2 * delay, restartDelay.most));
      });
      return;
    }
    if (this.#closed) {
      this.#end(slot);
      return;
    }
    this.#idle.push(slot);
    this.#events.ready();
  }

  #end(slot: Slot): void {
    const ending: Promise<void> = slot
      .retire()
      .catch(() => undefined)
      .then(() => void this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** What of a stage is sent to replicas. */
function plainStage({ name, code, params, outputs, ports, pure }: ReplicaStage): ReplicaStage {
  return { name, code, params, outputs, ports, pure };
}
