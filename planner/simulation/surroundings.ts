import type { Remaining } from '../remaining.ts';
import type { SimulatedFlow } from './flow.ts';
import type { StageCounts } from './outcome.ts';
import type { QueryTable } from './query-table.ts';
import type { Structure } from './structure.ts';

/** What the groups of one simulation have in common. */
export interface Surroundings {
  structure: Structure;
  table: QueryTable;
  flow: SimulatedFlow;
  /** Start of the draws of each stage's service times. */
  prefixes: Int32Array;
  stageCounts: readonly StageCounts[];
  /** Number of the next batch. */
  sequence: number;
  /** Milliseconds after its arrival from which on a query is not worked on. */
  deadline: number;
  remaining: Remaining;
  drops: DropEvents;
}

export interface DropEvents {
  /** The query of a row was dropped. */
  dropped(row: number): void;
}
