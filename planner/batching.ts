/**
 * The queue and batching rule of a group, shared by the runtime (in real time) and the estimator (in virtual time),
 * so that what was predicted is what runs.
 *
 * The rule is work-conserving: an idle replica takes min(batch, what waits) at once, unless its pool may wait for a
 * fuller batch (`max-wait`). Among idle replicas the first pool's take work first.
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
}

/** A pool as a plan has it. */
export type PoolLimits = Omit<PoolRule, 'backlog'> & {
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
  /** How many of the longest-waiting items it takes. */
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
 */
export function decide(
  waiting: number,
  oldest: number,
  pools: readonly PoolRule[],
  idle: ArrayLike<number>,
  now: number,
  decision: Decision,
): Decision {
  decision.pool = -1;
  decision.take = 0;
  decision.wake = Infinity;
  if (waiting === 0) return decision;
  for (let p = 0; p < pools.length; p++) {
    if (idle[p]! <= 0) continue;
    const rule = pools[p]!;
    const due = oldest + rule.maxWait;
    if (now >= due || waiting >= rule.backlog) {
      const { batch } = rule;
      decision.pool = p;
      decision.take = waiting < batch ? waiting : batch;
      decision.wake = Infinity;
      return decision;
    }
    if (due < decision.wake) decision.wake = due;
  }
  return decision;
}
