/** What a simulation counted. */

/** A stage over the whole simulation. Sums are in milliseconds. */
export interface StageCounts {
  /** Pieces of work done. */
  items: number;
  /** Time they waited, and time they were on a replica for this stage. */
  queue: number;
  service: number;
}

export interface GroupCounts {
  /** Items that went through, and the time each spent from coming to leaving, summed. */
  items: number;
  sojourn: number;
  /** Number of items present, integrated over time: what Little's law compares with `sojourn`. */
  area: number;
  /** Most items that waited at a time. */
  mostWaiting: number;
}

export interface PoolCounts {
  batches: number;
  items: number;
  /** Replica time taken, in milliseconds. */
  busy: number;
}

export interface Outcome {
  /** Milliseconds of each query, in the order of arrivals; NaN: dropped, or not finished when it was aborted. */
  latencies: Float64Array;
  finished: number;
  dropped: number;
  /** Whether it was broken off since an objective was missed too often. */
  aborted: boolean;
  /** Misses of each limit that was given, until it was aborted. */
  misses: readonly number[];
  /** When the last query was over, in milliseconds. */
  end: number;
  events: number;
  stages: readonly StageCounts[];
  /** Those of a deployment that was replaced come before those that took their place. */
  groups: readonly GroupCounts[];
  /** By group. */
  pools: readonly (readonly PoolCounts[])[];
  /** Main-thread time taken, in milliseconds. */
  mainBusy: number;
}

export const noStage = (): StageCounts => ({ items: 0, queue: 0, service: 0 });
export const noGroup = (): GroupCounts => ({ items: 0, sojourn: 0, area: 0, mostWaiting: 0 });
export const noPool = (): PoolCounts => ({ batches: 0, items: 0, busy: 0 });
