/** What holds the engine's main thread up now and then, whatever it does: see `Stalls` and `Collections`. */
import { PerformanceObserver } from 'node:perf_hooks';
import type { Collections, Stalls } from '../../planner/index.ts';
import type { Budget } from './budget.ts';
import { quantilesOf, rounded } from './repetitions.ts';

/** Milliseconds that the thread looks at the clock in all, and at a time: whoever wants it meanwhile waits no longer. */
const watch = { whole: 2000, slice: 2 };

/** Milliseconds between two looks at the clock from which on the thread was held up. */
const leastStall = 0.3;

/** Percentages of the stalls' quantiles that are kept. */
const percentages = [0, 25, 50, 75, 90, 100];

/** Queries that are run to meet collections, and how many of them at a time. */
const queries = { most: 20_000, block: 500 };

/**
 * Looks at the clock over and over: where that takes long, the machine has stopped the thread.
 * @returns undefined if it was not, or not more than once
 */
export async function measureStalls(budget: Budget, turn?: () => Promise<void>): Promise<Stalls | undefined> {
  const lengths: number[] = [];
  let watched = 0;
  while (watched < watch.whole && !budget.isOver) {
    if (turn) await budget.wait(turn);
    await new Promise(resolve => setImmediate(resolve));
    const begun = performance.now();
    let last = begun;
    while (last - begun < watch.slice) {
      const now = performance.now();
      if (now - last >= leastStall) lengths.push(now - last);
      last = now;
    }
    watched += last - begun;
  }
  if (lengths.length < 2) return undefined;
  lengths.sort((a, b) => a - b);
  return {
    every: rounded(watched / lengths.length),
    quantiles: quantilesOf(lengths, percentages),
  };
}

/**
 * Counts this thread's collections of garbage while queries run.
 * @param run runs so many queries
 * @returns undefined if there were none, or no time to meet any
 */
export async function measureCollections(
  budget: Budget,
  run: (queries: number) => Promise<void>,
): Promise<Collections | undefined> {
  const times: number[] = [];
  const observer = new PerformanceObserver(list => times.push(...list.getEntries().map(durationOf)));
  observer.observe({ entryTypes: ['gc'] });
  let done = 0;
  try {
    for (; done < queries.most && !budget.isOver; done += queries.block) await run(queries.block);
    // What was observed is told at a later turn of the event loop.
    await new Promise(resolve => setImmediate(resolve));
    times.push(...observer.takeRecords().map(durationOf));
  } finally {
    observer.disconnect();
  }
  if (times.length === 0 || done === 0) return undefined;
  const whole = times.reduce((sum, time) => sum + time, 0);
  return { queries: Math.max(1, Math.round(done / times.length)), time: rounded(whole / times.length) };
}

function durationOf({ duration }: { duration: number }): number {
  return duration;
}
