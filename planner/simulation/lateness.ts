/** What can't be in time any more, where queries have a deadline. */
import type { Surroundings } from './surroundings.ts';

/** Whether a query that is before a stage can't be in time any more, or was given up already. */
export function isLate(around: Surroundings, row: number, stage: number, now: number): boolean {
  const { table, deadline, remaining } = around;
  return table.dropped[row] === 1 || now + remaining.from[stage]! - table.arrived[row]! > deadline;
}

/** When a batch with this piece of work must be over, so that its query can be in time. */
export function dueOf({ structure, table, deadline, remaining }: Surroundings, work: number): number {
  const row = (work / structure.width) | 0;
  const stage = structure.stageOf[work - row * structure.width]!;
  return table.arrived[row]! + deadline - remaining.beyond[stage]!;
}
