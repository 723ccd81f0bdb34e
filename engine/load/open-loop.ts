/** Sending on time, whatever became of what was sent before: arrivals never wait for answers. */

/** Milliseconds that a timer may fire late: closer than this, a query is waited for awake. */
const timerSlack = 1.5;
/** Queries per second above which what is due within a millisecond is sent together, so that waiting leaves cores alone. */
const denseRate = 500;

export interface OpenLoopOptions {
  /** Called for each query when it is due. It must not throw. @param due as of `performance.now()` */
  send(query: number, due: number): void;
  signal?: AbortSignal | undefined;
}

/** Milliseconds each query was sent after it was due. Ended by the signal, it has only those that were sent. */
export async function sendOpenLoop(
  arrivals: Float64Array,
  { send, signal }: OpenLoopOptions,
): Promise<Float64Array> {
  const lateness = new Float64Array(arrivals.length);
  if (arrivals.length === 0) return lateness;
  const span = arrivals.at(-1)! - arrivals[0]!;
  const isDense = arrivals.length / Math.max(span, 1) > denseRate / 1000;
  const start = performance.now() + 10 - arrivals[0]!;
  let next = 0;
  await new Promise<void>(resolve => {
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const step = () => {
      const now = performance.now();
      while (next < arrivals.length && start + arrivals[next]! <= now && !signal?.aborted) {
        const due = start + arrivals[next]!;
        lateness[next] = now - due;
        send(next++, due);
      }
      if (signal?.aborted || next === arrivals.length) return end();
      const left = start + arrivals[next]! - performance.now();
      if (isDense) timer = setTimeout(step, Math.max(1, left));
      else if (left > timerSlack) timer = setTimeout(step, left - timerSlack);
      else setImmediate(step);
    };
    // The next query may be due in an hour.
    signal?.addEventListener('abort', end, { once: true });
    step();
  });
  return lateness.subarray(0, next);
}
