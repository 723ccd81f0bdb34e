/** What an engine is doing. */
export interface EngineStatus {
  queries: number;
  /** Bytes that unfinished queries hold in shared memory. */
  bytes: number;
  sequences: number;
  groups: GroupStatus[];
}

export interface GroupStatus {
  name: string;
  /** Items in its queue. */
  waiting: number;
  /** Why it takes no queries; null: it does. */
  trouble: string | null;
  pools: PoolStatus[];
}

export interface PoolStatus {
  hardware: string;
  /** Largest batch. */
  batch: number;
  /** Milliseconds that items may wait for a fuller batch. */
  maxWait: number;
  /** Replicas. */
  idle: number;
  busy: number;
}
