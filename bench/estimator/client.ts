/**
 * A client on a thread of its own, which says when each query is due. A timer of the engine's own thread can't: it takes
 * a whole millisecond, and what waits for it in turn can't come any faster than that.
 */
import { parentPort, workerData } from 'node:worker_threads';

export interface ClientData {
  /** Milliseconds after `start`, ascending. */
  arrivals: Float64Array;
  /** On `process.hrtime`, in nanoseconds: the threads of a process share it. */
  start: bigint;
}

const { arrivals, start } = workerData as ClientData;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = () => Number(process.hrtime.bigint() - start) / 1e6;

/** Milliseconds that a sleep takes longer than it should, at the least. */
function oversleep(): number {
  const over: number[] = [];
  for (let turn = 0; turn < 50; turn++) {
    const before = now();
    Atomics.wait(never, 0, 0, 0.5);
    over.push(now() - before - 0.5);
  }
  return over.sort((a, b) => a - b)[10]!;
}

const early = oversleep();
for (const [query, arrival] of arrivals.entries()) {
  const left = arrival - now() - early;
  if (left > 0) Atomics.wait(never, 0, 0, left);
  while (now() < arrival);
  parentPort!.postMessage(query, []);
}
