/** A group in virtual time: its queue, its replicas, and the batches on them. */
import { decide, type Decision, type PoolRule } from '../batching.ts';
import { Batches } from './batches.ts';
import type { SimulatedGroup, SimulatedPool } from './deployment.ts';
import { DeadlineItems } from './deadline-items.ts';
import type { Shared } from './host.ts';
import { ItemQueue, type Waiting } from './item-queue.ts';
import { dueOf, isLate } from './lateness.ts';
import { noGroup, noPool, type GroupCounts, type PoolCounts } from './outcome.ts';
import { ReplicaSlots } from './replica-slots.ts';
import { longerAfter } from './rested.ts';
import { ruleMaker } from './rule-maker.ts';
import { suits } from './suits.ts';
import type { Surroundings } from './surroundings.ts';

export class RunningGroup {
  readonly counts: GroupCounts = noGroup();
  readonly poolCounts: readonly PoolCounts[];
  /** When to ask the rule again though nothing changed. */
  wake = Infinity;
  /** Whether something came or became idle since the rule was last asked. */
  changed = false;
  /** Number of its first replica. */
  readonly first: number;
  /** By number. */
  readonly stages: Int32Array;
  readonly #queue: ItemQueue | DeadlineItems;
  readonly #around: Surroundings;
  readonly #pools: readonly SimulatedPool[];
  readonly #rules: readonly PoolRule[];
  readonly #hosts: readonly Shared[];
  readonly #decision: Decision = { pool: -1, take: 0, wake: Infinity };
  readonly #slots: ReplicaSlots;
  readonly #batches: Batches;
  // Of these two, what is looked at with every batch: millions of times.
  readonly #idle: Int32Array;
  readonly #poolOf: Int32Array;
  readonly #offset: Int32Array;
  readonly #items: Int32Array;
  readonly #queued: Float64Array;
  readonly #runs: Int32Array;
  readonly #taken: Int32Array;
  /** When the batch of each replica started, and when its last was over. */
  readonly #started: Float64Array;
  readonly #left: Float64Array;
  /** The group that took its place, and which of that one's pools has the replicas of each of its own; -1: none. */
  #heir: RunningGroup | null = null;
  #heirPools: readonly number[] = [];
  #present = 0;
  #changed = 0;

  /**
   * A group that has no replicas yet; see `takeOver` and `resize`.
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
    this.stages = group.stages;
    this.#pools = group.pools;
    this.#rules = group.pools.map(ruleMaker(around.deadline < Infinity));
    const { table, structure } = around;
    const deadlineOf = (work: number) => table.arrived[(work / structure.width) | 0]! + around.deadline;
    this.#queue = around.deadline < Infinity ? new DeadlineItems(deadlineOf) : new ItemQueue();
    this.#hosts = hosts;
    this.first = first;
    this.poolCounts = group.pools.map(noPool);
    this.#slots = new ReplicaSlots(most);
    this.#batches = new Batches(group, this.#slots.poolOf, around);
    const { idle, poolOf } = this.#slots;
    const { first: offset, items, queued, runs, taken } = this.#batches;
    [this.#idle, this.#poolOf, this.#offset] = [idle, poolOf, offset];
    [this.#items, this.#queued, this.#runs, this.#taken] = [items, queued, runs, taken];
    this.#started = new Float64Array(this.replicas);
    this.#left = new Float64Array(this.replicas);
  }

  /** Replica numbers of the group. */
  get replicas(): number {
    return this.#poolOf.length;
  }

  /** Whether no batch is under way. */
  get isOver(): boolean {
    return this.#slots.isFree;
  }

  enqueue(work: number, now: number): void {
    this.#around.table.pending[(work / this.#around.structure.width) | 0]!++;
    this.requeue(work, now, now);
  }

  /** Has a piece of work wait that came earlier, and waited in another group since. */
  requeue(work: number, came: number, now: number): void {
    this.#tally(now);
    this.#present++;
    this.changed = true;
    this.#queue.push(work, came);
    if (this.#queue.length > this.counts.mostWaiting) this.counts.mostWaiting = this.#queue.length;
  }

  /** Takes all that waits, in its order. */
  takeAll(now: number): Waiting[] {
    this.#tally(now);
    const all: Waiting[] = [];
    while (this.#queue.length > 0) {
      all.push({ work: this.#queue.first, came: this.#queue.came });
      this.#queue.shift();
    }
    this.#present -= all.length;
    return all;
  }

  /** Adds replicas to a pool, or takes some away; see `Scaling`. */
  scale(pool: number, change: number, now: number): void {
    this.changed = true;
    this.#slots.scale(pool, change, now);
  }

  /** Replicas on a hardware type that are not to go. */
  staying(hardware: string): number {
    const pool = this.#pools.findIndex(its => its.hardware === hardware);
    return pool < 0 ? 0 : this.#slots.staying(pool);
  }

  /** Adds what pools lack of the replicas that they are to have in a group that takes its place. */
  growTo(heir: SimulatedGroup, now: number): void {
    for (const [pool, its] of this.#heirsIn(heir.pools).entries()) {
      const more = its < 0 ? 0 : heir.pools[its]!.replicas - this.#slots.staying(pool);
      if (more > 0) this.scale(pool, more, now);
    }
  }

  /** Takes the place of a group of the same stages, and has its replicas as far as they do. */
  takeOver(from: RunningGroup): void {
    from.#heir = this;
    from.#heirPools = from.#heirsIn(this.#pools);
    for (const [before, pool] of from.#heirPools.entries())
      if (pool >= 0) this.#slots.inherit(pool, from.#slots, before);
  }

  /** Which of other pools has the replicas of each of its own; -1: none does. */
  #heirsIn(pools: readonly SimulatedPool[]): number[] {
    const stages = this.#around.structure.pipeline.stages.filter((_, index) => this.stages.includes(index));
    return this.#pools.map(own => pools.findIndex(other => suits(own, other, stages)));
  }

  /** Brings every pool to the replicas that it is to have. */
  resize(now: number): void {
    for (const [pool, { replicas }] of this.#pools.entries())
      this.scale(pool, replicas - this.#slots.staying(pool), now);
  }

  /** Starts every batch that the rule allows now. */
  dispatch(now: number): void {
    this.changed = false;
    this.wake = Infinity;
    const mayBeLate = this.#around.deadline < Infinity;
    while (this.#queue.length > 0) {
      if (mayBeLate) this.#discardLate(now);
      const { pool, take, wake } = decide(
        this.#queue.length,
        this.#queue.oldest,
        this.#rules,
        this.#idle,
        now,
        this.#decision,
        mayBeLate ? dueOf(this.#around, this.#queue.first) : Infinity,
      );
      if (pool < 0) {
        this.wake = wake;
        return;
      }
      const { wake: handover, threads, rested } = this.#pools[pool]!;
      const longer = rested ? longerAfter(rested, this.#slots.rested(pool, now)) : 0;
      const replica = this.#slots.take(pool);
      const taken = this.#fill(replica, take, now);
      const service =
        handover + this.#batches.begin(replica, this.#pools[pool]!, this.#hosts[pool]!.company) + longer;
      this.#started[replica] = now;
      const counts = this.poolCounts[pool]!;
      counts.batches++;
      counts.items += taken;
      this.#hosts[pool]!.start(this.first + replica, now, service, threads, this.#around.sequence++);
    }
  }

  /** Items of a replica's batch. */
  itemsOf(replica: number): number {
    return this.#taken[replica - this.first]!;
  }

  /** A replica's batch is over: it takes no more of its host's cores. */
  leaveHost(replica: number, now: number): void {
    const own = replica - this.first;
    const pool = this.#poolOf[own]!;
    this.#left[own] = now;
    this.#hosts[pool]!.leave(this.#pools[pool]!.threads);
    this.poolCounts[pool]!.busy += now - this.#started[own]!;
  }

  /** Takes in the results of a replica's batch: the replica is idle, and its queries go on. */
  complete(replica: number, now: number): void {
    const own = replica - this.first;
    const pool = this.#poolOf[own]!;
    this.#giveBack(pool, this.#left[own]!, false, now);
    const { structure, flow, table, controller } = this.#around;
    const offset = this.#offset[own]!;
    const taken = this.#taken[own]!;
    this.#tally(now);
    this.#present -= taken;
    this.counts.items += taken;
    if (controller)
      this.#batches.tell(own, this.#pools[pool]!, this.#left[own]! - this.#started[own]!, controller, now);
    for (let k = offset; k < offset + taken; k++) {
      const work = this.#items[k]!;
      const row = (work / structure.width) | 0;
      const local = work - row * structure.width;
      this.counts.sojourn += now - this.#queued[k]!;
      if (table.release(row)) continue;
      if (this.stages.length === 1) {
        flow.complete(row, structure.stageOf[local]!, structure.itemOf[local]!);
        continue;
      }
      for (let place = 0, run = this.#runs[k]!; run !== 0; place++, run >>= 1)
        if ((run & 1) === 1) flow.complete(row, this.stages[place]!, structure.itemOf[local]!);
    }
    this.#slots.free(own);
  }

  /** A replica is idle, here or in the group that took this one's place. @param since when its batch was over */
  #giveBack(pool: number, since: number, inherited: boolean, now: number): void {
    if (this.#heir) {
      const its = this.#heirPools[pool]!;
      if (its >= 0) this.#heir.#giveBack(its, since, true, now);
      return;
    }
    this.#slots.giveBack(pool, since, inherited);
    this.changed = true;
    // As in the engine, a full batch that waits already is not made to wait for the results.
    if (this.#queue.length >= this.#pools[pool]!.batch) this.dispatch(now);
  }

  /** Moves waiting items to a replica. Returns how many it took. */
  #fill(replica: number, take: number, now: number): number {
    const { structure, stageCounts } = this.#around;
    const offset = this.#offset[replica]!;
    let taken = 0;
    while (taken < take && this.#queue.length > 0) {
      const work = this.#queue.first;
      const { came } = this.#queue;
      this.#queue.shift();
      const row = (work / structure.width) | 0;
      const local = work - row * structure.width;
      const stage = structure.stageOf[local]!;
      if (isLate(this.#around, row, stage, now)) {
        this.#drop(row, now);
        continue;
      }
      const k = offset + taken++;
      this.#items[k] = work;
      this.#queued[k] = came;
      stageCounts[stage]!.queue += now - came;
      if (this.stages.length > 1) this.#runs[k] = this.#batches.route(row, stage, structure.itemOf[local]!);
    }
    this.#taken[replica] = taken;
    return taken;
  }

  /** Gives up what waits longest, as long as that is of queries that are late. */
  #discardLate(now: number): void {
    const { structure } = this.#around;
    while (this.#queue.length > 0) {
      const work = this.#queue.first;
      const row = (work / structure.width) | 0;
      if (!isLate(this.#around, row, structure.stageOf[work - row * structure.width]!, now)) return;
      this.#queue.shift();
      this.#drop(row, now);
    }
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
