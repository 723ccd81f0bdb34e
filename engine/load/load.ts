/** Open-loop load on a served pipeline: what is answered, how soon, and how much of it within the objective. */
import { percentileOf } from '../../planner/index.ts';
import { openHttpTarget } from './http-target.ts';
import { sendOpenLoop } from './open-loop.ts';
import { openStreamTarget } from './stream-target.ts';
import { Tally, type Objective, type Summary } from './tally.ts';
import type { LoadQuery, Outcomes, ServiceAddress } from './target.ts';

export interface LoadOptions {
  address: ServiceAddress;
  /** Milliseconds of each query, ascending. */
  arrivals: Float64Array;
  queryAt(query: number): LoadQuery;
  connections: number;
  objectives: readonly Objective[];
  key?: string | undefined;
  /** Queries at the start that are sent but not counted. */
  warmUp: number;
  /** Milliseconds to wait for answers once all was sent. */
  patience: number;
  signal?: AbortSignal | undefined;
  /** Called about four times a second. */
  progress?(now: LoadProgress): void;
}

export interface LoadProgress {
  sent: number;
  total: number;
  inFlight: number;
  failed: number;
  /** Milliseconds, of the answers so far. */
  p99: number;
}

export interface LoadResult extends Summary {
  /** Queries per second that were sent, and that were answered. */
  rate: { offered: number; answered: number };
  /** Milliseconds that the generator itself was late: what it adds to every latency at most. */
  lateness: { p50: number; p99: number };
  seconds: number;
}

const progressEvery = 250;

/**
 * Sends every query when it is due and waits for the answers. A latency counts from when the query was due, so that a
 * generator or a server that stalls makes all that was due meanwhile late (no coordinated omission: Tene).
 *
 * @throws MillraceError `unavailable` if no connection can be opened
 */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { address, arrivals, queryAt, connections, objectives, key, warmUp, patience, signal } = options;
  const tally = new Tally(objectives);
  const due = new Map<number, number>();
  let sent = 0;
  let lastAnswer = 0;
  let whenDone = () => {};
  const end = (query: number, count: (latency: number) => void) => {
    const arrival = due.get(query);
    if (arrival === undefined) return;
    due.delete(query);
    lastAnswer = performance.now();
    if (query >= warmUp) count(lastAnswer - arrival);
    if (due.size === 0 && sent === arrivals.length) whenDone();
  };
  const outcomes: Outcomes = {
    answered: query => end(query, latency => tally.answer(latency)),
    failed: (query, failure, told) => end(query, latency => tally.fail(failure, told ? latency : undefined)),
  };
  const open = address.protocol === 'ws' ? openStreamTarget : openHttpTarget;
  const target = await open({ address, queryAt, connections, key, outcomes });
  const timer = setInterval(() => {
    options.progress?.({
      sent,
      total: arrivals.length,
      inFlight: due.size,
      failed: tally.failed,
      p99: tally.at(99),
    });
  }, progressEvery);
  const begun = performance.now();
  let counted = begun;
  try {
    const lateness = await sendOpenLoop(arrivals, {
      signal,
      send(query, arrival) {
        if (query === warmUp) counted = arrival;
        sent++;
        due.set(query, arrival);
        target.send(query);
      },
    });
    const ended = performance.now();
    if (!signal?.aborted) await settled();
    for (const query of due.keys()) outcomes.failed(query, 'no-answer', false);
    const seconds = Math.max(ended - counted, 1e-3) / 1000;
    const sorted = lateness.slice(Math.min(warmUp, lateness.length)).sort();
    const late = (percentile: number) => (sorted.length > 0 ? percentileOf(sorted, percentile) : 0);
    const answering = Math.max(lastAnswer - counted, 1e-3) / 1000;
    const summary = tally.summary();
    return {
      ...summary,
      rate: { offered: summary.sent / seconds, answered: summary.answered / answering },
      lateness: { p50: late(50), p99: late(99) },
      seconds,
    };
  } finally {
    clearInterval(timer);
    await target.close();
  }

  /** Every query has ended, or the patience is over. */
  async function settled(): Promise<void> {
    if (due.size === 0) return;
    await new Promise<void>(resolve => {
      const timeout = setTimeout(resolve, patience);
      whenDone = () => {
        clearTimeout(timeout);
        resolve();
      };
      signal?.addEventListener('abort', whenDone, { once: true });
    });
  }
}
