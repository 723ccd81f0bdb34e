import { Worker } from 'node:worker_threads';
import type { ClientData } from './client.ts';

/** Nanoseconds for the client to start in. */
const lead = 500_000_000n;

/** Milliseconds since the client's start, of each query. */
export interface OpenLoop {
  /** When it was sent, ascending. */
  sent: Float64Array;
  /** From there to its answer. */
  latencies: Float64Array;
}

/**
 * Sends queries about when they are due, whatever became of those before, and waits for every answer. A query counts
 * from when the client says so, however busy the engine's thread is then.
 * @param arrivals milliseconds, ascending
 * @throws what the first query failed with
 */
export async function openLoop(
  arrivals: Float64Array,
  infer: (query: number) => Promise<unknown>,
): Promise<OpenLoop> {
  const sent = new Float64Array(new SharedArrayBuffer(arrivals.byteLength));
  const count = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ClientData = { arrivals, sent, count, start: process.hrtime.bigint() + lead };
  const client = new Worker(new URL('./client.js', import.meta.url), { workerData });
  const latencies = new Float64Array(arrivals.length);
  try {
    await new Promise<void>((resolve, reject) => {
      let left = arrivals.length;
      const send = async (query: number) => {
        await infer(query);
        latencies[query] = Number(process.hrtime.bigint() - workerData.start) / 1e6 - sent[query]!;
        if (--left === 0) resolve();
      };
      const sendAll = async () => {
        for (let query = 0; query < arrivals.length;) {
          await Atomics.waitAsync(count, 0, query).value;
          for (const until = Atomics.load(count, 0); query < until; query++) send(query).catch(reject);
        }
      };
      client.on('error', reject);
      sendAll().catch(reject);
    });
  } finally {
    await client.terminate();
  }
  return { sent, latencies };
}
