/** Why a query is not taken, or ends without an answer though nothing failed. */
import { formatDuration, MillraceError } from '../../operators/index.ts';
import { priorities } from '../../planner/index.ts';

/** @throws MillraceError `invalid-input` */
export function checkPriority(priority: number): void {
  const { highest, lowest } = priorities;
  if (Number.isInteger(priority) && priority >= highest && priority <= lowest) return;
  throw new MillraceError('invalid-input', `a priority is ${highest} (the highest) to ${lowest}`);
}

export function shuttingDown(): MillraceError {
  return new MillraceError('unavailable', 'the engine is shutting down');
}

export function late(timeout: number): MillraceError {
  const message = `no answer within the query's time limit of ${formatDuration(timeout)}`;
  return new MillraceError('deadline-exceeded', message);
}

export function cancelled(): MillraceError {
  return new MillraceError('cancelled', 'the query was cancelled');
}
