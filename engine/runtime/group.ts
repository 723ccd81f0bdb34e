/** A group while it runs: its queue, its pools, and the batches between them. */
import { MillraceError } from '../../operators/index.ts';
import { decide, ruleOf, type Decision, type PoolRule, type Remaining } from '../../planner/index.ts';
import { expectedBatch, rateOf } from './capacity.ts';
import { checkResult } from './check-result.ts';
import type { Clock } from './clock.ts';
import { assemble } from './assemble.ts';
import { Flights, type Dispatched } from './flights.ts';
import { Health, type HealthEvents } from './health.ts';
import type { Lender } from './held-memory.ts';
import { Lateness, needs } from './lateness.ts';
import { Losses, type LossEvents } from './losses.ts';
import type { BatchItem, BatchResult } from './message.ts';
import type { Pool } from './pool.ts';
import type { Router } from './program.ts';
import type { WorkItem } from './query.ts';
import { Queue } from './queue.ts';
import { StageShares } from './stage-shares.ts';
import type { WarmUp } from './warm-up.ts';

export interface GroupEvents extends HealthEvents, LossEvents {
  dispatched(batch: readonly Dispatched[], now: number): void;
  completed(batch: readonly Dispatched[], result: BatchResult, lender: Lender, pool: Pool): void;
  /** Something happened outside of any call: what can be dispatched now should be. */
  changed(): void;
}

export interface GroupOptions {
  name: string;
  /** Pipeline stages, in topological order. */
  stages: readonly number[];
  pools: readonly Pool[];
  router: Router;
  /** Whether all its stages may be run again. */
  pure: boolean;
  clock: Clock;
  /** Milliseconds after which what waits rises by one priority. */
  ageing?: number | undefined;
  /** Is given what a new replica can be warmed up with. */
  warmUp: WarmUp;
  events: GroupEvents;
}

export class Group {
  readonly name: string;
  readonly stages: readonly number[];
  readonly health: Health;
  readonly #queue: Queue;
  readonly #router: Router;
  readonly #clock: Clock;
  readonly #events: GroupEvents;
  readonly #decision: Decision = { pool: -1, take: 0, wake: Infinity };
  readonly #flights: Flights;
  readonly #losses: Losses;
  readonly #shares: StageShares;
  readonly #warmUp: WarmUp;
  #pools: readonly Pool[] = [];
  #idle = new Int32Array(0);
  #rules: readonly PoolRule[] = [];
  /** The longest queue that is still made to wait for a fuller batch; 0: none is. */
  #patient = 0;
  readonly #lateness = new Lateness();
  #cancelWake: (() => void) | null = null;

  constructor({ name, stages, pools, router, pure, clock, ageing, warmUp, events }: GroupOptions) {
    this.name = name;
    this.stages = stages;
    this.#queue = new Queue(ageing);
    this.#router = router;
    this.#clock = clock;
    this.#warmUp = warmUp;
    this.#events = events;
    this.#flights = new Flights(clock, flight => {
      this.#losses.expire(flight);
      events.changed();
    });
    this.#shares = new StageShares(stages);
    const names = stages.map(stage => router.stageName(stage));
    this.health = new Health({
      stages: names,
      clock,
      pools: () => this.#pools,
      events: {
        replicaLost: reason => events.replicaLost(reason),
        circuit: trouble => {
          if (trouble) this.#refuseWaiting(trouble);
          events.circuit(trouble);
        },
      },
    });
    this.#losses = new Losses({ stages: names, router, pure, health: this.health, events });
    this.use(pools);
  }

  get pools(): readonly Pool[] {
    return this.#pools;
  }

  /** Number of items that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Number of idle replicas. */
  get idle(): number {
    return this.#pools.reduce((sum, { idle }) => sum + idle, 0);
  }

  /** Dispatches to these pools from now on, as their setups now are. */
  use(pools: readonly Pool[]): void {
    this.#pools = pools;
    if (pools.some(({ live }) => live > 0)) this.health.ready();
    this.#idle = new Int32Array(pools.length);
    this.#rules = pools.map(pool => ({
      ...ruleOf(pool.setup),
      timeOf: items => pool.times.at(items),
    }));
    this.#patient = Math.max(0, ...this.#rules.map(({ maxWait, backlog }) => (maxWait > 0 ? backlog : 0)));
  }

  /** What is left of a query from each stage on, so that no work is wasted on one that can't be in time. */
  expect(remaining: Remaining): void {
    this.#lateness.expect(remaining);
  }

  enqueue(item: WorkItem): void {
    this.#queue.push(item);
  }

  /** Queues items that were on a replica again, before all others. Each is run alone. */
  putBack(items: readonly WorkItem[]): void {
    this.#queue.putBack(items);
  }

  drop(item: WorkItem): void {
    this.#queue.drop(item);
  }

  /** Takes all that waits, in its order. */
  takeAll(): WorkItem[] {
    return this.#queue.takeAll();
  }

  /** Whether it is retired, every batch is over, on pools it had before too, and every replica has ended. */
  get isGone(): boolean {
    return this.#flights.size === 0 && this.#pools.every(({ isGone }) => isGone);
  }

  /** Stops dispatching and ends idle replicas; batches under way end as if nothing had happened. */
  retire(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    for (const pool of this.#pools) pool.retire();
  }

  /** Ends every replica; see `Pool.close`. */
  async close(limit: number): Promise<void> {
    this.retire();
    this.#flights.stop();
    await Promise.all(this.#pools.map(pool => pool.close(limit)));
  }

  /** Items per millisecond with full batches on every replica; 0: not known. */
  rate(): number {
    return rateOf(this.#pools);
  }

  /** Milliseconds that a batch is expected to take as long as the queue is what it is; 0: not known. */
  expectedBatch(): number {
    return expectedBatch(this.#pools, this.#queue.length);
  }

  /** Share of a batch's time that is one stage's. */
  shareOf(stage: number): number {
    return this.#shares.of(stage);
  }

  /** Items' worth of work that batches under way have been through. */
  progress(now: number): number {
    return this.#flights.progress(now);
  }

  /** Starts every batch that the rule allows now. */
  dispatch(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    const { isOpen, isTrying } = this.health;
    if (isOpen && this.#queue.length > 0) this.#refuseWaiting(this.health.trouble!);
    while (this.#queue.length > 0) {
      if (!this.#countIdle() || (isTrying && this.#flights.size > 0)) return;
      const now = this.#clock.now();
      const first = this.#queue.first(now)!;
      if (this.#dropLate(first, now)) continue;
      const waiting = this.#queue.length;
      const oldest = waiting < this.#patient ? this.#queue.oldest() : now;
      const due = this.#lateness.dueOf(first);
      const { pool, take, wake } = decide(waiting, oldest, this.#rules, this.#idle, now, this.#decision, due);
      if (pool < 0) {
        if (wake < Infinity) this.#cancelWake = this.#clock.at(wake, () => this.#events.changed());
        return;
      }
      const taken = this.#takeInTime(isTrying ? 1 : take, now);
      if (taken.length > 0) void this.#run(this.#pools[pool]!, taken, now);
    }
  }

  /** Whether any replica is idle; if none is, there is nothing to decide. */
  #countIdle(): boolean {
    let any = false;
    for (let pool = 0; pool < this.#pools.length; pool++) {
      const { idle } = this.#pools[pool]!;
      this.#idle[pool] = idle;
      if (idle > 0) any = true;
    }
    return any;
  }

  /** Takes the first items; those that can't be in time any more stay, before all others, for `#dropLate`. */
  #takeInTime(count: number, now: number): WorkItem[] {
    const taken = this.#queue.take(count, now);
    const late = taken.filter(item => this.#lateness.isLate(item, now));
    if (late.length === 0) return taken;
    this.#queue.putBack(late);
    return taken.filter(item => !late.includes(item));
  }

  /** Ends an item's query if it can't be in time any more. */
  #dropLate(item: WorkItem, now: number): boolean {
    if (!this.#lateness.isLate(item, now)) return false;
    const { deadline } = item.query;
    const least = this.#lateness.leastFrom(item.stage);
    const stage = this.#router.stageName(item.stage);
    this.#events.failed(
      item,
      new MillraceError('deadline-exceeded', needs(stage, least, deadline - now), { stage }),
    );
    return true;
  }

  #refuseWaiting(trouble: MillraceError): void {
    for (const item of this.#queue.all()) this.#events.failed(item, trouble);
  }

  async #run(pool: Pool, items: readonly WorkItem[], now: number): Promise<void> {
    const { batch, programs, sent, limit } = assemble(items, this.#router);
    const expected = pool.times.known ? pool.times.at(batch.length) : 0;
    const flight = this.#flights.begin({ batch, pool, slot: pool.take(), start: now, expected, limit });
    this.#events.dispatched(batch, now);
    let result: BatchResult | null = null;
    let reason: unknown;
    try {
      const answer = await flight.slot.run({ programs, items: sent });
      checkResult(batch, answer, this.stages.length);
      result = answer;
    } catch (error) {
      reason = error;
    }
    this.#flights.end(flight);
    if (flight.expired) {
      pool.discard(flight.slot);
      return;
    }
    if (result) {
      pool.times.observe(batch.length, this.#clock.now() - now);
      this.#shares.observe(result.times);
      if (this.#warmUp.needsItem) this.#keepItem(batch, sent, result);
      // Idle before the results are looked at: what they make ready may go to this very replica.
      pool.giveBack(flight.slot, result.memory);
      this.health.succeeded();
      // A full batch that waits already is not made to wait for that.
      if (this.#queue.length >= pool.setup.batch) this.dispatch();
      this.#events.completed(batch, result, flight.slot, pool);
    } else this.#losses.lose(flight, reason);
    this.#events.changed();
  }

  /** What one replica ran without a fault is what others are warmed up with. */
  #keepItem(batch: readonly Dispatched[], sent: readonly BatchItem[], { items }: BatchResult): void {
    const at = items.findIndex(item => !('error' in item));
    if (at >= 0) this.#warmUp.keep(batch[at]!.route.program, sent[at]!.values);
  }
}
