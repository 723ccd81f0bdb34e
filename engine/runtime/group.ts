/** A group while it runs: its queue, its pools, and the batches between them. */
import { formatDuration, MillraceError } from '../../operators/index.ts';
import { decide, ruleOf, type Decision, type PoolRule } from '../../planner/index.ts';
import { Bag, type Placed } from './bag.ts';
import type { Clock } from './clock.ts';
import type { Lender } from './held-memory.ts';
import type { BatchItem, BatchResult } from './message.ts';
import type { Pool, Slot } from './pool.ts';
import type { Route, Router } from './program.ts';
import type { WorkItem } from './query.ts';
import { Queue } from './queue.ts';
import { Watchdog } from './watchdog.ts';

/** An item on a replica. */
export interface Dispatched {
  item: WorkItem;
  route: Route;
}

export interface GroupEvents {
  dispatched(batch: readonly Dispatched[], now: number): void;
  completed(batch: readonly Dispatched[], result: BatchResult, lender: Lender, pool: Pool): void;
  /** An item left its replica without a result; it may be queued again right after. */
  left(item: WorkItem): void;
  failed(item: WorkItem, error: MillraceError): void;
  /** For the log. */
  replicaLost(reason: unknown): void;
  /** Something happened outside of any call: what can be dispatched now should be. */
  changed(): void;
}

/** A batch under way. */
interface Flight extends Placed {
  batch: readonly Dispatched[];
  pool: Pool;
  slot: Slot;
  /** Milliseconds it may take. */
  limit: number;
  /** When that is over. */
  end: number;
  expired: boolean;
}

export class Group {
  readonly name: string;
  readonly pools: readonly Pool[];
  readonly #queue = new Queue();
  readonly #router: Router;
  readonly #clock: Clock;
  readonly #events: GroupEvents;
  /** Whether all its stages may be run again. */
  readonly #pure: boolean;
  readonly #idle: Int32Array;
  readonly #rules: readonly PoolRule[];
  readonly #decision: Decision = { pool: -1, take: 0, wake: Infinity };
  #cancelWake: (() => void) | null = null;
  readonly #flights = new Bag<Flight>();
  readonly #watchdog: Watchdog;

  constructor(
    name: string,
    pools: readonly Pool[],
    router: Router,
    pure: boolean,
    clock: Clock,
    events: GroupEvents,
  ) {
    this.name = name;
    this.pools = pools;
    this.#router = router;
    this.#pure = pure;
    this.#clock = clock;
    this.#events = events;
    this.#idle = new Int32Array(pools.length);
    this.#rules = pools.map(pool => ruleOf(pool.setup));
    this.#watchdog = new Watchdog(clock, () => this.#expireDue());
  }

  /** Number of items that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  enqueue(item: WorkItem): void {
    this.#queue.push(item);
  }

  drop(item: WorkItem): void {
    this.#queue.drop(item);
  }

  /** Takes all that waits, to be failed. */
  takeAll(): WorkItem[] {
    const items: WorkItem[] = [];
    while (this.#queue.length > 0) items.push(...this.#queue.take(this.#queue.length));
    // What is no longer in the queue must not be dropped from it when its query ends.
    for (const item of items) item.query.waiting.delete(item);
    return items;
  }

  /** Ends every replica; see `Pool.close`. */
  async close(): Promise<void> {
    this.#cancelWake?.();
    this.#watchdog.stop();
    await Promise.all(this.pools.map(pool => pool.close()));
  }

  /** Starts every batch that the rule allows now. */
  dispatch(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    while (this.#queue.length > 0) {
      if (!this.#countIdle()) return;
      const now = this.#clock.now();
      const oldest = this.#queue.first!.queued;
      const { pool, take, wake } = decide(
        this.#queue.length,
        oldest,
        this.#rules,
        this.#idle,
        now,
        this.#decision,
      );
      if (pool < 0) {
        if (wake < Infinity) this.#cancelWake = this.#clock.at(wake, () => this.#events.changed());
        return;
      }
      void this.#run(this.pools[pool]!, this.#queue.take(take), now);
    }
  }

  /** Whether any replica is idle; if none is, there is nothing to decide. */
  #countIdle(): boolean {
    let any = false;
    for (let pool = 0; pool < this.pools.length; pool++) {
      const { idle } = this.pools[pool]!;
      this.#idle[pool] = idle;
      if (idle > 0) any = true;
    }
    return any;
  }

  async #run(pool: Pool, items: readonly WorkItem[], now: number): Promise<void> {
    const batch: Dispatched[] = [];
    const routes: Route[] = [];
    const sent: BatchItem[] = [];
    let limit = 0;
    for (const item of items) {
      const { route, values } = this.#router.route(item);
      let program = routes.indexOf(route);
      if (program < 0) program = routes.push(route) - 1;
      if (route.timeout > limit) limit = route.timeout;
      batch.push({ item, route });
      sent.push({ program, values, context: contextOf(item) });
    }
    const flight: Flight = {
      batch,
      pool,
      slot: pool.take(),
      limit,
      end: now + limit,
      expired: false,
      place: -1,
    };
    this.#events.dispatched(batch, now);
    this.#flights.add(flight);
    this.#watchdog.watch(flight.end);
    let result: BatchResult | null = null;
    let reason: unknown;
    try {
      result = await flight.slot.run({ programs: routes.map(({ program }) => program), items: sent });
    } catch (error) {
      reason = error;
    }
    this.#flights.delete(flight);
    if (flight.expired) {
      pool.discard(flight.slot);
      return;
    }
    if (result) {
      // Idle before the results are looked at: what they make ready may go to this very replica.
      pool.giveBack(flight.slot);
      // A full batch that waits already is not made to wait for that.
      if (this.#queue.length >= pool.setup.batch) this.dispatch();
      this.#events.completed(batch, result, flight.slot, pool);
    } else this.#lose(flight, reason);
    this.#events.changed();
  }

  #expireDue(): number {
    const now = this.#clock.now();
    for (const flight of this.#flights) if (flight.end <= now) this.#expire(flight);
    return Math.min(...[...this.#flights].map(({ end }) => end));
  }

  /** A batch is over its time limit: it is let finish, but no one waits for it any more. */
  #expire(flight: Flight): void {
    flight.expired = true;
    this.#flights.delete(flight);
    flight.pool.replace(flight.slot);
    if (flight.batch.length > 1 && this.#pure) this.#again(flight);
    else {
      for (const { item, route } of flight.batch) {
        this.#events.left(item);
        this.#events.failed(item, this.#timeLimitError(route, flight.limit));
      }
    }
    this.#events.changed();
  }

  /** A replica was lost with its batch. */
  #lose(flight: Flight, reason: unknown): void {
    flight.pool.replace(flight.slot);
    flight.pool.discard(flight.slot);
    this.#events.replicaLost(reason);
    for (const { item } of flight.batch) item.losses++;
    const { batch } = flight;
    if (this.#pure && batch.every(({ item }) => item.losses < 3 && (batch.length > 1 || item.losses < 2))) {
      this.#again(flight);
      return;
    }
    for (const { item } of batch) {
      this.#events.left(item);
      const message = `group "${this.name}" lost the worker that ran this query`;
      this.#events.failed(item, new MillraceError('stage-failed', message, { cause: reason }));
    }
  }

  /** Queues a batch's items again, each to run alone, so that the one to blame is found. */
  #again(flight: Flight): void {
    const items: WorkItem[] = [];
    for (const { item, route } of flight.batch) {
      this.#events.left(item);
      if (item.query.ended) continue;
      this.#router.undo(item, route);
      item.alone = true;
      item.query.waiting.add(item);
      items.push(item);
    }
    this.#queue.putBack(items);
  }

  #timeLimitError(route: Route, limit: number): MillraceError {
    const many = route.stages.length > 1;
    const what = many ? `group "${this.name}"` : `stage "${this.#router.stageName(route.stages[0]!)}"`;
    return new MillraceError(
      'deadline-exceeded',
      `${what} took longer than its time limit of ${formatDuration(limit)}`,
      many ? {} : { stage: this.#router.stageName(route.stages[0]!) },
    );
  }
}

function contextOf({ query, stage, index }: WorkItem): BatchItem['context'] {
  const items = query.items[stage];
  const lastItem = !items || index === items.progress.length - 1;
  return { query: query.id, index, last: query.last && lastItem };
}
