/** Everything in the runtime that could grow, and where it stops. */
export interface Limits {
  /** Queries in flight; one more is `overloaded`. */
  queries: number;
  /** Items a fan-out may make of one query; more is `too-large`. */
  items: number;
  /** Items waiting at one group; at that length new queries are `overloaded`. */
  queue: number;
  /** Bytes of values that unfinished queries hold in shared memory; beyond it new queries are `overloaded`. */
  bytes: number;
  /** Open sequences; one more is `overloaded`. */
  sequences: number;
  /** Milliseconds after which a sequence without queries is forgotten. */
  sequenceIdle: number;
  /** Bytes that a replica may have before another takes its place: of a thread its heap, of a process all. */
  replicaMemory: number;
  /** Milliseconds in which a replica must have loaded its models and be ready. */
  start: number;
}

export const defaultLimits: Limits = {
  queries: 1000,
  items: 1000,
  queue: 10_000,
  bytes: 1024 ** 3,
  sequences: 10_000,
  sequenceIdle: 60_000,
  replicaMemory: 4 * 1024 ** 3,
  start: 600_000,
};
