import { Worker } from 'node:worker_threads';
import type { ClientData } from './client.ts';

/** Nanoseconds for the client to start in. */
const lead = 500_000_000n;

/**
 * Sends queries when they are due, whatever became of those before, and waits for every answer.
 * @param arrivals milliseconds, ascending
 * @returns milliseconds of each query from when it was due to its answer
 * @throws what the first query failed with
 */
export async function openLoop(
  arrivals: Float64Array,
  infer: (query: number) => Promise<unknown>,
): Promise<Float64Array> {
  const workerData: ClientData = { arrivals, start: process.hrtime.bigint() + lead };
  const client = new Worker(new URL('./client.js', import.meta.url), { workerData });
  const latencies = new Float64Array(arrivals.length);
  try {
    await new Promise<void>((resolve, reject) => {
      let left = arrivals.length;
      const send = async (query: number) => {
        await infer(query);
        latencies[query] = Number(process.hrtime.bigint() - workerData.start) / 1e6 - arrivals[query]!;
        if (--left === 0) resolve();
      };
      client.on('error', reject);
      client.on('message', (query: number) => void send(query).catch(reject));
    });
  } finally {
    await client.terminate();
  }
  return latencies;
}
