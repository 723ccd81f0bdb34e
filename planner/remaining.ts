/**
 * The least time that what is left of a query can take, from each stage on: the longest way through what every query
 * goes through. Shared by the runtime and the estimator, so that both give up the same queries.
 */

/** Milliseconds, by stage. */
export interface Remaining {
  /** From the start of the stage to the end of the query. */
  from: Float64Array;
  /** From the end of the stage's group, for an item that goes through it from this stage on. */
  beyond: Float64Array;
}

/** A stage and those that wait for it, by number; stages are in topological order. */
export interface Followed {
  dependents: Iterable<number>;
  followers: Iterable<number>;
}

/**
 * @param groupOf the group of each stage
 * @param least milliseconds that each stage takes at least; 0 for those that some queries pass by
 */
export function remainingTimes(
  stages: readonly Followed[],
  groupOf: ArrayLike<number>,
  least: ArrayLike<number>,
): Remaining {
  const from = new Float64Array(stages.length);
  const beyond = new Float64Array(stages.length);
  // What follows a stage is known when it is reached from the end.
  for (let index = stages.length - 1; index >= 0; index--) {
    let after = 0;
    for (const next of [...stages[index]!.dependents, ...stages[index]!.followers]) {
      after = Math.max(after, from[next]!);
      const further = groupOf[next] === groupOf[index] ? beyond[next]! : from[next]!;
      beyond[index] = Math.max(beyond[index]!, further);
    }
    from[index] = least[index]! + after;
  }
  return { from, beyond };
}
