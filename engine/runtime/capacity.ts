/** How fast pools are done with items, from how long their batches take. */
import type { Pool } from './pool.ts';

/** Items per millisecond with full batches on every replica; 0: not known. */
export function rateOf(pools: readonly Pool[]): number {
  let rate = 0;
  for (const { live, setup, times } of pools)
    if (times.known) rate += (live * setup.batch) / times.at(setup.batch);
  return rate;
}

/** Milliseconds that a batch is expected to take where so many items wait; 0: not known. */
export function expectedBatch(pools: readonly Pool[], waiting: number): number {
  const fastest = pools.find(({ live, times }) => live > 0 && times.known);
  if (!fastest) return 0;
  const { live, setup, times } = fastest;
  return times.at(Math.min(setup.batch, Math.ceil((waiting + 1) / live)));
}
