/** Replicas of one group on the same hardware with the same maximum batch. */
import type { Device } from '../../operators/index.ts';
import type { PoolLimits } from '../../planner/index.ts';
import { Bag, type Placed } from './bag.ts';
import { BatchTimes } from './batch-times.ts';
import type { Clock } from './clock.ts';
import type { Lender } from './held-memory.ts';
import type { Batch, BatchResult, ReplicaSpec, ReplicaStage } from './message.ts';
import type { Replica, ReplicaFactory } from './replica.ts';
import type { WarmUp } from './warm-up.ts';

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

export interface PoolOptions {
  setup: PoolSetup;
  stages: readonly ReplicaStage[];
  clock: Clock;
  factory: ReplicaFactory;
  events: PoolEvents;
  /** Milliseconds that a batch of so many items takes, where a profile says so. */
  profiled?: ((items: number) => number | undefined) | undefined;
  /** What a new replica runs before it takes work. */
  warmUp: WarmUp;
}

export class Pool {
  #setup: PoolSetup;
  #times: BatchTimes;
  readonly #stages: readonly ReplicaStage[];
  readonly #warmUp: WarmUp;
  readonly #clock: Clock;
  readonly #factory: ReplicaFactory;
  readonly #events: PoolEvents;
  readonly #idle: Slot[] = [];
  readonly #busy = new Bag<Slot>();
  /** Replaced, with a batch that is not over. */
  readonly #stuck = new Set<Slot>();
  readonly #ending = new Set<Promise<void>>();
  /** Call off what would start a replica later. */
  readonly #restarts = new Set<() => void>();
  /** Replicas there should be, those that are being replaced included. */
  #wanted = 0;
  /** Busy replicas that are to go once their batch is over. */
  #leaving = 0;
  #closed = false;

  constructor({ setup, stages, clock, factory, events, profiled, warmUp }: PoolOptions) {
    this.#setup = setup;
    this.#times = new BatchTimes(setup.batch, profiled);
    this.#stages = stages.map(plainStage);
    this.#warmUp = warmUp;
    this.#clock = clock;
    this.#factory = factory;
    this.#events = events;
  }

  get setup(): PoolSetup {
    return this.#setup;
  }

  /** How long its batches take, from sending them to their results. */
  get times(): BatchTimes {
    return this.#times;
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

  /** Starts every replica. @throws what the first that would not start threw; nothing is left running then */
  async start(): Promise<void> {
    await this.grow(this.#setup.replicas);
  }

  /**
   * Starts more replicas; on a GPU one after the other, since two sessions made at once can crash the process. They take
   * work as soon as they are warm.
   * @throws what the first that would not start threw; none is added then
   */
  async grow(count: number): Promise<void> {
    const started: Slot[] = [];
    const startOne = async () => {
      started.push(await this.#startSlot());
    };
    let failed: PromiseRejectedResult | undefined;
    if (this.#setup.device === 'cpu') {
      const outcomes = await Promise.allSettled(Array.from({ length: count }, startOne));
      failed = outcomes.find(result => result.status === 'rejected');
    } else {
      for (let i = 0; i < count && !failed; i++)
        failed = (await Promise.allSettled([startOne()])).find(result => result.status === 'rejected');
    }
    if (failed || this.#closed) for (const slot of started) this.#end(slot);
    else this.#idle.push(...started);
    if (failed) throw failed.reason;
    this.#wanted += count;
    this.#events.ready();
  }

  /** Ends so many replicas: those first that are not there yet, then idle ones, others when their batch is over. */
  shrink(count: number): void {
    this.#wanted -= count;
    const over = Math.max(0, this.live - this.#leaving - this.#wanted);
    const idle = this.#idle.splice(0, over);
    for (const slot of idle) this.#end(slot);
    this.#leaving += over - idle.length;
  }

  /** Takes another largest batch or time to wait; replicas come and go by `grow` and `shrink`. */
  change(setup: PoolSetup): void {
    if (setup.batch !== this.#setup.batch) this.#times = this.#times.resized(setup.batch);
    this.#setup = setup;
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
    if (this.#closed || this.#goes()) this.#end(slot);
    else this.#idle.push(slot);
  }

  /** A replica is not to be used again: another takes its place. It is ended by `discard` once its batch is over. */
  replace(slot: Slot): void {
    slot.returns = null;
    this.#busy.delete(slot);
    this.#stuck.add(slot);
    if (!this.#closed && !this.#goes()) void this.#startReplacement(restartDelay.first);
  }

  /** Ends a replica that was replaced. */
  discard(slot: Slot): void {
    this.#stuck.delete(slot);
    this.#end(slot);
  }

  /** Whether it is retired and every replica has ended. */
  get isGone(): boolean {
    return this.#closed && this.live === 0 && this.#stuck.size === 0 && this.#ending.size === 0;
  }

  /** Ends idle replicas now and the others when their batch is over. */
  retire(): void {
    this.#closed = true;
    for (const callOff of this.#restarts) callOff();
    for (const slot of this.#idle.splice(0)) this.#end(slot);
  }

  /** Retires the pool; busy replicas no longer keep the process alive. */
  async close(): Promise<void> {
    this.retire();
    for (const slot of [...this.#busy, ...this.#stuck]) slot.abandon();
    await Promise.all(this.#ending);
  }

  /** Whether there are fewer replicas than there should be. */
  get #lacks(): boolean {
    return this.live - this.#leaving < this.#wanted;
  }

  /** Whether a replica that is no longer busy is one of those that are to go. */
  #goes(): boolean {
    if (this.#leaving === 0) return false;
    this.#leaving--;
    return true;
  }

  async #startSlot(): Promise<Slot> {
    const { hardware, device, threads, batch } = this.#setup;
    const warmUp = this.#warmUp.batches(batch);
    const spec: ReplicaSpec = { stages: this.#stages, hardware, device, threads };
    return new Slot(await this.#factory.start(warmUp ? { ...spec, warmUp } : spec));
  }

  async #startReplacement(delay: number): Promise<void> {
    if (!this.#lacks) return;
    let slot: Slot;
    try {
      slot = await this.#startSlot();
    } catch (error) {
      if (this.#closed) return;
      this.#events.startFailed(error);
      const callOff = this.#clock.at(this.#clock.now() + delay, () => {
        this.#restarts.delete(callOff);
        void this.#startReplacement(Math.min(2 * delay, restartDelay.most));
      });
      this.#restarts.add(callOff);
      return;
    }
    if (this.#closed || !this.#lacks) {
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
