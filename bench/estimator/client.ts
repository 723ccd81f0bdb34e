/**
 * A client on a thread of its own, which says when each query is sent. A timer of the engine's own thread can't: it takes
 * a whole millisecond, and what waits for it in turn can't come any faster than that. It sleeps between queries, since a
 * core that it kept busy would be one the engine lacks; what is due when it wakes is sent, and counts from then.
 */
import { workerData } from 'node:worker_threads';

export interface ClientData {
  /** When queries are due: milliseconds after `start`, ascending. */
  arrivals: Float64Array;
  /** When they were sent, in shared memory. */
  sent: Float64Array;
  /** How many were sent, in shared memory. */
  count: Int32Array;
  /** On `process.hrtime`, in nanoseconds: the threads of a process share it. */
  start: bigint;
}

const { arrivals, sent, count, start } = workerData as ClientData;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = () => Number(process.hrtime.bigint() - start) / 1e6;

/** Milliseconds that a sleep takes longer than it should. */
function oversleep(): number {
  const over: number[] = [];
  for (let turn = 0; turn < 50; turn++) {
    const before = now();
    Atomics.wait(never, 0, 0, 0.5);
    over.push(now() - before - 0.5);
  }
  return over.sort((a, b) => a - b)[25]!;
}

const early = oversleep();
for (let query = 0; query < arrivals.length;) {
  const left = arrivals[query]! - now() - early;
  if (left > 0) Atomics.wait(never, 0, 0, left);
  const at = now();
  do sent[query++] = at;
  while (query < arrivals.length && arrivals[query]! <= at);
  Atomics.store(count, 0, query);
  Atomics.notify(count, 0);
}
