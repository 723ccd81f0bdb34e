/** A group in virtual time: its queue, its replicas, and the batches on them. */
import { drawFrom } from '../../operators/index.ts';
import { decide, type Decision, type PoolRule } from '../batching.ts';
import type { SimulatedGroup, SimulatedPool } from './deployment.ts';
import { DeadlineItems } from './deadline-items.ts';
import type { Shared } from './host.ts';
import { ItemQueue } from './item-queue.ts';
import { noGroup, noPool, type GroupCounts, type PoolCounts } from './outcome.ts';
import { longerAfter } from './rested.ts';
import { ruleMaker } from './rule-maker.ts';
import type { Surroundings } from './surroundings.ts';

export class RunningGroup {
  readonly counts: GroupCounts = noGroup();
  readonly poolCounts: readonly PoolCounts[];
  /** When to ask the rule again though nothing changed. */
  wake = Infinity;
  /** Whether something came or became idle since the rule was last asked. */
  changed = false;
  readonly queue: ItemQueue | DeadlineItems;
  readonly #around: Surroundings;
  readonly #stages: Int32Array;
  /** Place in the group of each stage of the pipeline; -1 for those of other groups. */
  readonly #places: Int8Array;
  readonly #pools: readonly SimulatedPool[];
  readonly #rules: readonly PoolRule[];
  readonly #hosts: readonly Shared[];
  readonly #idle: Int32Array;
  /** Busy replicas of each pool that are to go once their batch is over. */
  readonly #leaving: Int32Array;
  readonly #decision: Decision = { pool: -1, take: 0, wake: Infinity };
  /**
   * Replica numbers that are free, by pool, as stacks. There is one more than replicas, since one may start its next
   * batch before the results of its last are taken in.
   */
  readonly #free: Int32Array[];
  readonly #freeCount: Int32Array;
  /** First replica number of the group. */
  readonly #first: number;
  readonly #poolOf: Int32Array;
  /** The batch of each replica: pieces of work, when they came, and the stages each goes through (a bit each). */
  readonly #items: Int32Array;
  readonly #queued: Float64Array;
  readonly #runs: Int32Array;
  readonly #taken: Int32Array;
  /** When it started. */
  readonly #started: Float64Array;
  /** When its last was over. */
  readonly #left: Float64Array;
  /** Since when idle replicas are so, by pool, as stacks: as in the engine, the last to become idle is the next. */
  readonly #since: readonly Float64Array[];
  readonly #offset: Int32Array;
  #present = 0;
  #changed = 0;

  /**
   * @param most replicas each pool may ever have
   * @param first number of the group's first replica
   */
  constructor(
    group: SimulatedGroup,
    most: readonly number[],
    first: number,
    hosts: readonly Shared[],
    around: Surroundings,
  ) {
    this.#around = around;
    this.#stages = group.stages;
    this.#places = Int8Array.from(around.structure.stages, ({ index }) => group.stages.indexOf(index));
    this.#pools = group.pools;
    this.#rules = group.pools.map(ruleMaker(around.deadline < Infinity));
    const { table, structure } = around;
    const deadlineOf = (work: number) => table.arrived[(work / structure.width) | 0]! + around.deadline;
    this.queue = around.deadline < Infinity ? new DeadlineItems(deadlineOf) : new ItemQueue();
    this.#hosts = hosts;
    this.#first = first;
    this.poolCounts = group.pools.map(noPool);
    this.#idle = Int32Array.from(group.pools, ({ replicas }) => replicas);
    this.#leaving = new Int32Array(group.pools.length);
    this.#since = most.map(count => new Float64Array(count));
    const slots = most.map(count => count + 1);
    const poolOf = slots.flatMap((count, pool) => Array.from({ length: count }, () => pool));
    this.#poolOf = Int32Array.from(poolOf);
    this.#offset = new Int32Array(poolOf.length + 1);
    for (const [replica, pool] of poolOf.entries())
      this.#offset[replica + 1] = this.#offset[replica]! + group.pools[pool]!.batch;
    const room = this.#offset[poolOf.length]!;
    this.#items = new Int32Array(room);
    this.#queued = new Float64Array(room);
    this.#runs = new Int32Array(room);
    this.#taken = new Int32Array(poolOf.length);
    this.#started = new Float64Array(poolOf.length);
    this.#left = new Float64Array(poolOf.length);
    this.#free = group.pools.map((_, pool) =>
      Int32Array.from(poolOf.flatMap((of, replica) => (of === pool ? [replica] : [])).reverse()),
    );
    this.#freeCount = Int32Array.from(slots);
  }

  /** Replica numbers of the group. */
  get replicas(): number {
    return this.#poolOf.length;
  }

  enqueue(work: number, now: number): void {
    this.#tally(now);
    this.#present++;
    this.changed = true;
    this.queue.push(work, now);
    this.#around.table.pending[(work / this.#around.structure.width) | 0]!++;
    if (this.queue.length > this.counts.mostWaiting) this.counts.mostWaiting = this.queue.length;
  }

  /** Adds replicas to a pool, or takes some away; see `Scaling`. */
  scale(pool: number, change: number, now: number): void {
    this.changed = true;
    for (let added = 0; added < change; added++) this.#since[pool]![this.#idle[pool]! + added] = now;
    this.#idle[pool]! += change;
    if (this.#idle[pool]! >= 0) return;
    this.#leaving[pool]! -= this.#idle[pool]!;
    this.#idle[pool] = 0;
  }

  /** Starts every batch that the rule allows now. */
  dispatch(now: number): void {
    this.changed = false;
    this.wake = Infinity;
    const mayBeLate = this.#around.deadline < Infinity;
    while (this.queue.length > 0) {
      if (mayBeLate) this.#discardLate(now);
      const { pool, take, wake } = decide(
        this.queue.length,
        this.queue.oldest,
        this.#rules,
        this.#idle,
        now,
        this.#decision,
        mayBeLate ? this.#due() : Infinity,
      );
      if (pool < 0) {
        this.wake = wake;
        return;
      }
      const rest = now - this.#since[pool]![--this.#idle[pool]!]!;
      const replica = this.#free[pool]![--this.#freeCount[pool]!]!;
      const taken = this.#fill(replica, take, now);
      const { wake: handover, threads, rested } = this.#pools[pool]!;
      let service = handover + this.#serviceOf(this.#pools[pool]!, replica, taken);
      if (rested) service += longerAfter(rested, rest);
      this.#taken[replica] = taken;
      this.#started[replica] = now;
      const counts = this.poolCounts[pool]!;
      counts.batches++;
      counts.items += taken;
      this.#hosts[pool]!.start(this.#first + replica, now, service, threads, this.#around.sequence++);
    }
  }

  /** A replica's batch is over: it takes no more of its host's cores. */
  leaveHost(replica: number, now: number): void {
    const own = replica - this.#first;
    const pool = this.#poolOf[own]!;
    this.#left[own] = now;
    this.#hosts[pool]!.leave(this.#pools[pool]!.threads);
    this.poolCounts[pool]!.busy += now - this.#started[own]!;
  }

  /** Takes in the results of a replica's batch: the replica is idle, and its queries go on. */
  complete(replica: number, now: number): void {
    const own = replica - this.#first;
    const pool = this.#poolOf[own]!;
    if (this.#leaving[pool]! > 0) this.#leaving[pool]!--;
    else this.#since[pool]![this.#idle[pool]!++] = this.#left[own]!;
    this.changed = true;
    // As in the engine, a full batch that waits already is not made to wait for these results.
    if (this.queue.length >= this.#pools[pool]!.batch) this.dispatch(now);
    const { structure, flow, table } = this.#around;
    const offset = this.#offset[own]!;
    const taken = this.#taken[own]!;
    this.#tally(now);
    this.#present -= taken;
    this.counts.items += taken;
    for (let k = offset; k < offset + taken; k++) {
      const work = this.#items[k]!;
      const row = (work / structure.width) | 0;
      const local = work - row * structure.width;
      this.counts.sojourn += now - this.#queued[k]!;
      if (table.release(row)) continue;
      if (this.#stages.length === 1) {
        flow.complete(row, structure.stageOf[local]!, structure.itemOf[local]!);
        continue;
      }
      for (let place = 0, run = this.#runs[k]!; run !== 0; place++, run >>= 1)
        if ((run & 1) === 1) flow.complete(row, this.#stages[place]!, structure.itemOf[local]!);
    }
    this.#free[pool]![this.#freeCount[pool]!++] = own;
  }

  /** Moves waiting items to a replica and decides which stages each goes through. Returns how many it took. */
  #fill(replica: number, take: number, now: number): number {
    const { structure, stageCounts } = this.#around;
    const offset = this.#offset[replica]!;
    let taken = 0;
    while (taken < take && this.queue.length > 0) {
      const work = this.queue.first;
      const { came } = this.queue;
      this.queue.shift();
      const row = (work / structure.width) | 0;
      const local = work - row * structure.width;
      const stage = structure.stageOf[local]!;
      if (this.#isLate(row, stage, now)) {
        this.#drop(row, now);
        continue;
      }
      const k = offset + taken++;
      this.#items[k] = work;
      this.#queued[k] = came;
      stageCounts[stage]!.queue += now - came;
      if (this.#stages.length > 1) this.#runs[k] = this.#route(row, stage, structure.itemOf[local]!);
    }
    return taken;
  }

  /** The stages an item goes through in one go, as the engine's router decides it. */
  #route(row: number, stage: number, item: number): number {
    const { flow } = this.#around;
    let place = this.#places[stage]!;
    let run = 1 << place;
    for (place++; place < this.#stages.length; place++) {
      const next = this.#stages[place]!;
      if (!flow.canFollow(row, next, item, run, this.#places)) continue;
      flow.started(row, next, item);
      run |= 1 << place;
    }
    return run;
  }

  #serviceOf({ times }: SimulatedPool, replica: number, taken: number): number {
    const offset = this.#offset[replica]!;
    if (this.#stages.length === 1) return this.#stageTime(0, times[0]!, offset, taken);
    let sum = 0;
    for (let place = 0; place < this.#stages.length; place++) {
      let count = 0;
      let first = -1;
      for (let k = offset; k < offset + taken; k++) {
        if (((this.#runs[k]! >> place) & 1) === 0) continue;
        if (first < 0) first = k;
        count++;
      }
      if (count > 0) sum += this.#stageTime(place, times[place]!, first, count);
    }
    return sum;
  }

  /** Time of one stage for so many items, drawn for the first of them. */
  #stageTime(place: number, times: SimulatedPool['times'][number], first: number, count: number): number {
    const { structure, table, prefixes, stageCounts } = this.#around;
    const stage = this.#stages[place]!;
    const work = this.#items[first]!;
    const row = (work / structure.width) | 0;
    const item = structure.itemOf[work - row * structure.width]!;
    const time = times.draw(count, drawFrom(prefixes[stage]!, table.query[row]!, item));
    const counts = stageCounts[stage]!;
    counts.items += count;
    counts.service += time * count;
    return time;
  }

  /** Gives up what waits longest, as long as that is of queries that are late. */
  #discardLate(now: number): void {
    const { structure } = this.#around;
    while (this.queue.length > 0) {
      const work = this.queue.first;
      const row = (work / structure.width) | 0;
      if (!this.#isLate(row, structure.stageOf[work - row * structure.width]!, now)) return;
      this.queue.shift();
      this.#drop(row, now);
    }
  }

  /** When the first item's batch must be over, so that its query can be in time. */
  #due(): number {
    const { structure, table, deadline, remaining } = this.#around;
    const work = this.queue.first;
    const row = (work / structure.width) | 0;
    const stage = structure.stageOf[work - row * structure.width]!;
    return table.arrived[row]! + deadline - remaining.beyond[stage]!;
  }

  /** Whether a query can't be in time any more, or was given up already. */
  #isLate(row: number, stage: number, now: number): boolean {
    const { table, deadline, remaining } = this.#around;
    return table.dropped[row] === 1 || now + remaining.from[stage]! - table.arrived[row]! > deadline;
  }

  /** Gives up a piece of work, and with it its query. */
  #drop(row: number, now: number): void {
    this.#tally(now);
    this.#present--;
    if (this.#around.table.drop(row)) this.#around.drops.dropped(row);
    this.#around.table.release(row);
  }

  /** Adds up how many items were present since the last change. */
  #tally(now: number): void {
    this.counts.area += this.#present * (now - this.#changed);
    this.#changed = now;
  }
}
