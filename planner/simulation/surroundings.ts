import type { Remaining } from '../remaining.ts';
import type { Controller } from './control.ts';
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
  /** Of a query from each stage on, by the groups there are. */
  remaining: Remaining;
  drops: DropEvents;
  /** Is told of batches; null: nobody is. */
  controller: Controller | null;
}

export interface DropEvents {
  /** The query of a row was dropped. */
  dropped(row: number): void;
}
