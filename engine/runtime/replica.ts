/** The seam between the runtime and whatever runs a group: threads, child processes, this thread. */
import type { Batch, BatchResult, ReplicaSpec } from './message.ts';

/** How a replica was lost, in words that anyone may be told; `cause` is for the log. */
export class ReplicaLost extends Error {}

/** In words that anyone may be told: what an operator threw may say more than that. */
export function howLost(reason: unknown): string {
  return reason instanceof ReplicaLost ? reason.message : 'an error outside of any query';
}

export interface Replica {
  /** Runs one batch; never called again before it has settled. Rejects only if the replica itself is lost. */
  run(batch: Batch): Promise<BatchResult>;
  /** Ends the replica, with no batch running. */
  retire(): Promise<void>;
  /** Lets the process end although a batch never does. */
  abandon(): void;
  /** Ends the replica at once, whatever it does; absent where that can't be done without harm. */
  kill?(): void;
  /** Comes when it ended without having been asked to. Absent: that can only happen while it runs a batch. */
  readonly gone?: Promise<unknown>;
}

export interface ReplicaFactory {
  /**
   * Starts a replica: loads its operators and models.
   * @param signal aborted once nobody waits for it any more
   * @throws MillraceError if a stage can't be started.
   */
  start(spec: ReplicaSpec, signal?: AbortSignal): Promise<Replica>;
}
