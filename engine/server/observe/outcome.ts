/** How queries end, by number, and what the kinds of end are called. */
import { errorTable, type ErrorCode } from '../../../operators/index.ts';

export type Outcome = 'ok' | ErrorCode;

export const outcomes: readonly Outcome[] = ['ok', ...(Object.keys(errorTable) as ErrorCode[])];

/** Ends of queries that were given up: refused, called off or late, without a fault of what they carried. */
export const drops: readonly ErrorCode[] = ['overloaded', 'cancelled', 'deadline-exceeded', 'unavailable'];

/**
 * Whether a query with this end counts when it is asked how many were answered within the objective: one that its client
 * is to blame for, or called off, says nothing of how well it was served.
 */
export function countsForObjective(outcome: Outcome): boolean {
  if (outcome === 'ok') return true;
  const { http } = errorTable[outcome];
  return http >= 500 || http === errorTable.overloaded.http;
}
