/** Queries as those who asked see them, and whether they ended as they should. */
import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode, MillraceError } from '../../../operators/index.ts';
import type { Place } from './epochs.ts';
import type { FaultyReplicas } from './faulty-replicas.ts';
import type { Outcome } from './reference.ts';
import { readTag } from './traced.ts';

export interface Asked {
  tag: string;
  submitted: number;
  deadline: number;
  cancel: AbortController;
  cancelled: boolean;
  /** Whether it was not refused on the spot. */
  taken: boolean;
  /** Where in its sequence it is. */
  place: Place | null;
  /** Whether its sequence had failed when it came. */
  stale: boolean;
  /** As it should be answered, if that is known. */
  expected: Outcome | null;
  settled: Outcome | null;
  /** When. */
  end: number;
}

/** What may be to blame for a failure. */
export interface Suspects {
  replicas: FaultyReplicas;
  /** Whether the engine was told to shut down. */
  closing: boolean;
}

/** What is wrong with how a query ended, if anything is. */
export function problemOf(asked: Asked, suspects: Suspects): string | null {
  const { settled } = asked;
  if (!settled) return 'has not ended';
  return 'error' in settled ? problemOfFailure(asked, settled.error, suspects) : problemOfAnswer(asked);
}

function problemOfAnswer({ cancelled, deadline, end, expected, settled }: Asked): string | null {
  if (cancelled) return 'was cancelled and answered';
  if (end > deadline) return 'was answered after its deadline';
  if (!expected || isDeepStrictEqual(settled, expected)) return null;
  return `was answered ${JSON.stringify(settled)}, not ${JSON.stringify(expected)}`;
}

function problemOfFailure(
  asked: Asked,
  error: MillraceError,
  { replicas, closing }: Suspects,
): string | null {
  const { submitted, deadline, cancelled, taken, tag, end } = asked;
  if (!taken && end > submitted) return 'was refused late';
  if (cancelled && error.code !== 'cancelled') return `was cancelled and ended by: ${String(error)}`;
  const late = deadline < Infinity && end <= Math.max(deadline, submitted);
  const known: Partial<Record<ErrorCode, boolean>> = {
    cancelled,
    'deadline-exceeded': late || replicas.overdue.has(tag),
    overloaded: !taken,
    unavailable: closing || replicas.harmed,
    'stage-failed': isBoundToFail(asked, replicas),
  };
  return known[error.code] ? null : `failed for no reason: ${String(error)}`;
}

/** Whether a stage fails on it, or may be said to have. */
function isBoundToFail({ tag, expected, place, stale, taken }: Asked, replicas: FaultyReplicas): boolean {
  if (!taken) return stale;
  const poisoned = expected ? 'error' in expected : readTag(tag).poisons !== undefined;
  const behindFailed = place !== null && place.epoch.failedAt < place.place;
  return poisoned || behindFailed || replicas.wasLost(tag) || replicas.besidePoison.has(tag);
}
