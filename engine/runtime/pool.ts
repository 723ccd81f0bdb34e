/** Replicas of one group on the same hardware with the same maximum batch. */
import { Bag } from './bag.ts';
import { BatchTimes } from './batch-times.ts';
import type { Clock } from './clock.ts';
import type { PoolEvents, PoolOptions, PoolSetup } from './pool-options.ts';
import { specOf } from './replica-spec.ts';
import { Replacements, type Life } from './replacements.ts';
import { Slot } from './slot.ts';

/**
 * Milliseconds after which a replica that has to be replaced had a healthy life: one that was lost, and one that has
 * taken too much memory, which it is given some time for.
 */
const healthy = { lost: 2000, worn: 60_000 };

export class Pool {
  #setup: PoolSetup;
  #times: BatchTimes;
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #events: PoolEvents;
  readonly #idle: Slot[] = [];
  readonly #busy = new Bag<Slot>();
  /** Replaced, with a batch that is not over. */
  readonly #stuck = new Set<Slot>();
  readonly #ending = new Set<Promise<void>>();
  readonly #replacements: Replacements;
  /** Replicas there should be, those that are being replaced included. */
  #wanted = 0;
  /** Busy replicas that are to go once their batch is over: any, and those whose place was taken. */
  #leaving = 0;
  #relieved = 0;
  #closed = false;
  readonly #closing = new AbortController();
  /** Called once no batch is under way any more. */
  readonly #whenOver: (() => void)[] = [];

  constructor(options: PoolOptions) {
    const { setup, clock, events, profiled } = options;
    this.#options = options;
    this.#setup = setup;
    this.#times = new BatchTimes(setup.batch, profiled);
    this.#clock = clock;
    this.#replacements = new Replacements(clock);
    this.#events = events;
  }

  get setup(): PoolSetup {
    return this.#setup;
  }

  /** Whether its replicas do for another setup: as they are, or once some of them are gone or more have come. */
  suits({ hardware, device, threads, batch }: PoolSetup): boolean {
    const own = this.#setup;
    if (hardware !== own.hardware || device !== own.device || threads !== own.threads) return false;
    // They are not warm for a larger batch; where nothing is known to warm up with, others would not be either.
    return batch <= own.batch || this.#options.warmUp.batches(batch) === null;
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

  /** When the next replacement is tried, on the clock; Infinity: none is waited for. */
  get nextStart(): number {
    return this.#replacements.next;
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
    else for (const slot of started) this.#admit(slot);
    if (failed) throw failed.reason;
    this.#wanted += count;
    this.#events.ready();
  }

  /** Ends so many replicas: those first that are not there yet, then idle ones, others when their batch is over. */
  shrink(count: number): void {
    this.#wanted -= count;
    const over = Math.max(0, this.#staying - this.#wanted);
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

  /** A replica's batch is over and it is idle again. @param memory bytes that it told to have */
  giveBack(slot: Slot, memory = 0): void {
    this.#leaveBusy(slot);
    if (this.#closed || this.#goes(slot)) {
      this.#end(slot);
      return;
    }
    this.#idle.push(slot);
    if (!slot.hasWorked) this.#replacements.hurry();
    slot.hasWorked = true;
    if (memory > this.#options.memory && slot.state === 'working') this.#renew(slot, memory);
  }

  /** A replica is not to be used again: another takes its place. It is ended by `discard` once its batch is over. */
  replace(slot: Slot): void {
    slot.kill();
    this.#leaveBusy(slot);
    this.#stuck.add(slot);
    // For one that is worn another is being started already.
    if (this.#closed || this.#goes(slot) || slot.state === 'worn') return;
    this.#replacements.add(() => this.#startReplacement(), this.#lifeOf(slot, healthy.lost));
  }

  /** Ends a replica that was replaced. */
  discard(slot: Slot): void {
    this.#stuck.delete(slot);
    this.#end(slot);
  }

  /** Whether all that runs is being ended, answered or not. */
  get isEnding(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Whether it is retired and every replica has ended. */
  get isGone(): boolean {
    const { starting } = this.#replacements;
    return this.#closed && this.live + starting + this.#stuck.size + this.#ending.size === 0;
  }

  /** Ends idle replicas now and the others when their batch is over. */
  retire(): void {
    this.#closed = true;
    this.#replacements.stop();
    for (const slot of this.#idle.splice(0)) this.#end(slot);
  }

  /**
   * Retires the pool. Batches under way are waited for, although nobody may want their results any more: a thread that
   * ends inside ONNX Runtime takes the process with it. What is not over then no longer keeps the process alive.
   * @param limit milliseconds that they are given
   */
  async close(limit: number): Promise<void> {
    this.retire();
    this.#closing.abort();
    if (limit > 0) await this.#batchesOver(limit);
    for (const slot of [...this.#busy, ...this.#stuck]) slot.abandon();
    await Promise.all(this.#ending);
  }

  async #batchesOver(limit: number): Promise<void> {
    if (this.#busy.size === 0) return;
    await new Promise<void>(resolve => {
      const stop = this.#clock.at(this.#clock.now() + limit, resolve);
      this.#whenOver.push(() => {
        stop();
        resolve();
      });
    });
  }

  #leaveBusy(slot: Slot): void {
    this.#busy.delete(slot);
    if (this.#busy.size > 0 || this.#whenOver.length === 0) return;
    for (const tell of this.#whenOver.splice(0)) tell();
  }

  /** Replicas that are there and not to go. */
  get #staying(): number {
    return this.live - this.#leaving - this.#relieved;
  }

  /** Whether a replica that is no longer busy is one of those that are to go. */
  #goes(slot: Slot): boolean {
    if (slot.state === 'relieved') {
      this.#relieved--;
      return true;
    }
    if (this.#leaving === 0) return false;
    this.#leaving--;
    return true;
  }

  async #startSlot(): Promise<Slot> {
    const { hardware, device, threads, batch } = this.#setup;
    const { factory, stages, isolation, warmUp } = this.#options;
    const spec = specOf({ hardware, device, threads, isolation }, stages, warmUp.batches(batch));
    return new Slot(await factory.start(spec, this.#closing.signal), this.#clock.now());
  }

  /** Has a replica take work. */
  #admit(slot: Slot): void {
    this.#idle.push(slot);
    void slot.gone?.then(reason => this.#ended(slot, reason));
  }

  /** A replica ended. One that had a batch is found out by that. */
  #ended(slot: Slot, reason: unknown): void {
    const at = this.#idle.indexOf(slot);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.replace(slot);
    this.discard(slot);
    this.#events.lost(reason);
  }

  /** Has another take a replica's place, which goes on working until that is there. */
  #renew(slot: Slot, memory: number): void {
    slot.state = 'worn';
    this.#events.worn(memory);
    this.#replacements.add(() => this.#startReplacement(slot), this.#lifeOf(slot, healthy.worn));
  }

  /** Starts a replica in place of one that is gone, or is to go. @returns whether none is needed any more */
  async #startReplacement(worn?: Slot): Promise<boolean> {
    if (!worn && this.#staying >= this.#wanted) return true;
    let slot: Slot;
    try {
      slot = await this.#startSlot();
    } catch (error) {
      if (!this.#closed) this.#events.startFailed(error);
      return false;
    }
    const isWanted = !this.#closed && ((worn && this.#relieve(worn)) || this.#staying < this.#wanted);
    if (!isWanted) this.#end(slot);
    else {
      this.#admit(slot);
      this.#events.ready();
    }
    return true;
  }

  /** Lets a replica go, now or once its batch is over. @returns whether it was still there */
  #relieve(worn: Slot): boolean {
    const at = this.#idle.indexOf(worn);
    if (at >= 0) this.#end(this.#idle.splice(at, 1)[0]!);
    else if (worn.place >= 0) {
      worn.state = 'relieved';
      this.#relieved++;
    } else return false;
    return true;
  }

  /** @param long milliseconds after which it was healthy */
  #lifeOf({ since, hasWorked }: Slot, long: number): Life {
    if (this.#clock.now() - since >= long) return 'healthy';
    return hasWorked ? 'short' : 'useless';
  }

  #end(slot: Slot): void {
    const ending: Promise<void> = slot
      .retire()
      .catch(() => undefined)
      .then(() => void this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
