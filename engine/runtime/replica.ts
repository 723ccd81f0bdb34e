/** The seam between the runtime and whatever runs a group: threads, this thread, later child processes. */
import type { Batch, BatchResult, ReplicaSpec } from './message.ts';

export interface Replica {
  /** Runs one batch; never called again before it has settled. Rejects only if the replica itself is lost. */
  run(batch: Batch): Promise<BatchResult>;
  /** Ends the replica, with no batch running. */
  retire(): Promise<void>;
  /** Lets the process end although a batch never does. */
  abandon(): void;
}

export interface ReplicaFactory {
  /** Starts a replica: loads its operators and models. @throws MillraceError if a stage can't be started. */
  start(spec: ReplicaSpec): Promise<Replica>;
}
