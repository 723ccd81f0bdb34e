/** Sends queries at the times they are due, whatever became of those before. */
import type { InputValue } from '../runtime/inputs.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import type { QueryResult } from '../runtime/query.ts';

export interface ReplayOptions {
  clock?: Clock;
  /** Milliseconds after now at which time 0 of the arrivals is. */
  lead: number;
  /** Runs a query that is due; null: it is given up. */
  infer(inputs: Readonly<Record<string, InputValue>>): Promise<QueryResult | null>;
  /** Its inputs, made before it is due. */
  inputsOf(query: number): Readonly<Record<string, InputValue>>;
  answered?(query: number, result: QueryResult | null): void;
  signal?: AbortSignal | undefined;
}

export interface Replayed {
  /** Milliseconds of each query from when it was due to its answer; Infinity: it was given up. */
  latencies: Float64Array;
  /** Milliseconds each was sent after it was due. */
  lateness: Float64Array;
  /** When the last answer came, in milliseconds since time 0. */
  end: number;
}

/**
 * Replays arrivals and waits for every answer.
 *
 * @param arrivals milliseconds, ascending
 * @throws the reason of the signal, or what the first query failed with; no more are sent then
 */
export async function replay(arrivals: Float64Array, options: ReplayOptions): Promise<Replayed> {
  const { clock = realClock, lead, infer, inputsOf, answered, signal } = options;
  const start = clock.now() + lead;
  const latencies = new Float64Array(arrivals.length);
  const lateness = new Float64Array(arrivals.length);
  const end = await new Promise<number>((resolve, reject) => {
    let left = arrivals.length;
    let cancel = () => {};
    const stop = (reason: unknown) => {
      cancel();
      signal?.removeEventListener('abort', abort);
      reject(reason);
    };
    const abort = () => stop(signal!.reason);
    const send = async (query: number, inputs: Readonly<Record<string, InputValue>>) => {
      const due = start + arrivals[query]!;
      lateness[query] = clock.now() - due;
      const result = await infer(inputs);
      const now = clock.now();
      latencies[query] = result ? now - due : Infinity;
      answered?.(query, result);
      if (--left > 0) return;
      signal?.removeEventListener('abort', abort);
      resolve(now - start);
    };
    const schedule = (query: number) => {
      if (query === arrivals.length) return;
      const inputs = inputsOf(query);
      cancel = clock.at(start + arrivals[query]!, () => {
        send(query, inputs).catch(stop);
        schedule(query + 1);
      });
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    schedule(0);
  });
  return { latencies, lateness, end };
}
