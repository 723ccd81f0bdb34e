/** The replicas of a group in virtual time: which are idle and since when, and the numbers of those that are busy. */
export class ReplicaSlots {
  /** Idle replicas of each pool. */
  readonly idle: Int32Array;
  /** The pool of each number. */
  readonly poolOf: Int32Array;
  /** Since when idle replicas are so, by pool, as stacks: as in the engine, the last to become idle is the next. */
  readonly #since: readonly Float64Array[];
  /** Busy replicas of each pool that are to go once their batch is over. */
  readonly #leaving: Int32Array;
  /** Busy replicas of each pool whose batch is one of the group that this one took the place of. */
  readonly #inherited: Int32Array;
  /**
   * Numbers that are free, by pool, as stacks. There is one more than replicas, since one may start its next batch
   * before the results of its last are taken in.
   */
  readonly #free: readonly Int32Array[];
  readonly #freeCount: Int32Array;

  /** None yet. @param most replicas each pool may ever have */
  constructor(most: readonly number[]) {
    const numbers = most.map(count => count + 1);
    const poolOf = numbers.flatMap((count, pool) => Array.from({ length: count }, () => pool));
    this.idle = new Int32Array(most.length);
    this.poolOf = Int32Array.from(poolOf);
    this.#since = most.map(count => new Float64Array(count));
    this.#leaving = new Int32Array(most.length);
    this.#inherited = new Int32Array(most.length);
    this.#free = most.map((_, pool) =>
      Int32Array.from(poolOf.flatMap((of, number) => (of === pool ? [number] : [])).reverse()),
    );
    this.#freeCount = Int32Array.from(numbers);
  }

  /** Whether no number is in use. */
  get isFree(): boolean {
    return this.#free.every((_, pool) => this.#busy(pool) === 0);
  }

  /** Replicas of a pool that are not to go. */
  staying(pool: number): number {
    return this.idle[pool]! + this.#busy(pool) + this.#inherited[pool]! - this.#leaving[pool]!;
  }

  /** Adds replicas to a pool, or takes some away: idle ones at once, busy ones when their batch is over. */
  scale(pool: number, change: number, now: number): void {
    for (let added = 0; added < change; added++) this.#since[pool]![this.idle[pool]! + added] = now;
    this.idle[pool]! += change;
    if (this.idle[pool]! >= 0) return;
    this.#leaving[pool]! -= this.idle[pool]!;
    this.idle[pool] = 0;
  }

  /** Has the replicas of another group's pool from now on. The busy ones come by `giveBack`. */
  inherit(pool: number, other: ReplicaSlots, from: number): void {
    this.idle[pool] = other.idle[from]!;
    this.#since[pool]!.set(other.#since[from]!.subarray(0, other.idle[from]!));
    this.#leaving[pool] = other.#leaving[from]!;
    this.#inherited[pool] = other.#busy(from) + other.#inherited[from]!;
  }

  /**
   * Milliseconds for which all replicas of a pool have been idle. What a batch takes longer after a rest is mostly waking
   * the machine up, which does not sleep while one of them works; the last that did takes the next batch.
   */
  rested(pool: number, now: number): number {
    return this.#busy(pool) > 0 ? 0 : now - this.#since[pool]![this.idle[pool]! - 1]!;
  }

  /** The number of a replica that was idle and is busy now. */
  take(pool: number): number {
    this.idle[pool]!--;
    return this.#free[pool]![--this.#freeCount[pool]!]!;
  }

  /**
   * A replica is no longer busy: it is idle, or goes if one is to go.
   * @param since when its batch was over
   * @param inherited whether that was one of the group before
   */
  giveBack(pool: number, since: number, inherited: boolean): void {
    if (inherited) this.#inherited[pool]!--;
    if (this.#leaving[pool]! > 0) this.#leaving[pool]!--;
    else this.#since[pool]![this.idle[pool]!++] = since;
  }

  /** A number is not in use any more. */
  free(number: number): void {
    const pool = this.poolOf[number]!;
    this.#free[pool]![this.#freeCount[pool]!++] = number;
  }

  #busy(pool: number): number {
    return this.#free[pool]!.length - this.#freeCount[pool]!;
  }
}
