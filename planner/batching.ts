/**
 * The queue and batching rule of a group, shared by the runtime (in real time) and the estimator (in virtual time),
 * so that what was predicted is what runs.
 *
 * The rule is work-conserving: an idle replica takes min(batch, what waits) at once, unless its pool may wait for a
 * fuller batch (`max-wait`). Among idle replicas the first pool's take work first.
 *
 * Where what waits has deadlines, a batch is no larger than lets its most urgent item be in time, and that item is not
 * given to a pool that is too slow for it while a faster one would still make it.
 *
 * Leaving slow replicas idle where faster ones are done with all that waits sooner is for a plan to ask, with `max-wait`
 * and a `backlog` of more than a batch. It lowers p99 where load is low; where load is high the slow batches start too
 * late, which lowers the rate that is held. So it is not the rule.
 */

/** What the rule knows of a pool. */
export interface PoolRule {
  /** Most items one batch holds. */
  batch: number;
  /** Milliseconds the oldest item may wait for a fuller batch; 0: never waits. */
  maxWait: number;
  /** So many items are not made to wait. */
  backlog: number;
  /** Milliseconds that a batch of so many items is expected to take; absent: not known. */
  timeOf?: ((items: number) => number) | undefined;
}

/** A pool as a plan has it. */
export type PoolLimits = Omit<PoolRule, 'backlog' | 'timeOf'> & {
  /** A full batch unless given. */
  backlog?: number | undefined;
};

export function ruleOf({ batch, maxWait, backlog = batch }: PoolLimits): PoolRule {
  return { batch, maxWait, backlog };
}

/** What to do now. Reused between calls, since the estimator calls the rule millions of times. */
export interface Decision {
  /** Dispatch to an idle replica of this pool; -1: dispatch nothing. */
  pool: number;
  /** How many of the first items it takes. */
  take: number;
  /** With nothing to dispatch: ask again at this time at the latest; Infinity: when something changes. */
  wake: number;
}

/**
 * Decides the next dispatch of one queue. Call again, with what then waits and is idle, until it dispatches nothing.
 *
 * @param waiting number of items in the queue
 * @param oldest when the longest-waiting item came, in milliseconds; of no meaning if none waits
 * @param pools fastest first
 * @param idle idle replicas of each pool
 * @param now in milliseconds, not before `oldest`
 * @param decision overwritten and returned
 * @param due when the batch must be over at the latest for its first item to be in time; Infinity: it has no deadline
 */
export function decide(
  waiting: number,
  oldest: number,
  pools: readonly PoolRule[],
  idle: ArrayLike<number>,
  now: number,
  decision: Decision,
  due = Infinity,
): Decision {
  decision.pool = -1;
  decision.take = 0;
  decision.wake = Infinity;
  if (waiting === 0) return decision;
  for (let p = 0; p < pools.length; p++) {
    if (idle[p]! <= 0) continue;
    const rule = pools[p]!;
    const full = oldest + rule.maxWait;
    if (now < full && waiting < rule.backlog) {
      if (full < decision.wake) decision.wake = full;
      continue;
    }
    let take = waiting < rule.batch ? waiting : rule.batch;
    if (due < Infinity && rule.timeOf) {
      take = largestInTime(rule.timeOf, take, due - now);
      if (take === 0) {
        const until = latestStart(pools, p, due);
        if (now < until) {
          if (until < decision.wake) decision.wake = until;
          continue;
        }
        // No pool would make it: it is no more urgent than the rest.
        take = waiting < rule.batch ? waiting : rule.batch;
      }
    }
    decision.pool = p;
    decision.take = take;
    decision.wake = Infinity;
    return decision;
  }
  return decision;
}

/** The most items, up to `most`, that take at most `left` milliseconds; 0: not even one. */
function largestInTime(timeOf: (items: number) => number, most: number, left: number): number {
  if (timeOf(most) <= left) return most;
  let low = 0;
  let high = most - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (timeOf(middle) <= left) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Until when one of the pools faster than this one could still start a single item and have it done by `due`. */
function latestStart(pools: readonly PoolRule[], slower: number, due: number): number {
  let latest = -Infinity;
  for (let p = 0; p < slower; p++) {
    const { timeOf } = pools[p]!;
    if (timeOf && due - timeOf(1) > latest) latest = due - timeOf(1);
  }
  return latest;
}
