import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../../engine/load/load.ts';
import { isHeld, stress, stressFactors } from '../../../engine/load/stress.ts';
import { Tally } from '../../../engine/load/tally.ts';

/** A load of 100 queries, so many of them answered, in so many milliseconds. */
function loadOf(answered: number, latency: number, limits: readonly number[] = [100]): LoadResult {
  const tally = new Tally(limits.map(limit => ({ percentile: 90, limit })));
  for (let query = 0; query < 100; query++) {
    if (query < answered) tally.answer(latency);
    else tally.fail('overloaded', 1);
  }
  const rate = { offered: 100, answered };
  return { ...tally.summary(), rate, lateness: { p50: 0, p99: 0 }, seconds: 1 };
}

describe('a stress test', () => {
  it('begins with the load itself and ends with what is asked for, two steps to a doubling', () => {
    expect(stressFactors(4)).toEqual([1, 1.41, 2, 2.83, 4]);
    expect(stressFactors(3)).toEqual([1, 1.41, 2, 2.83, 3]);
    expect(stressFactors(1)).toEqual([1]);
    expect(stressFactors(0.5)).toEqual([0.5]);
  });

  it('passes where all is held', async () => {
    const { passed, held, steps } = await stress(4, factor => Promise.resolve(loadOf(100, 20 * factor)));
    expect([passed, held, steps.length]).toEqual([true, 4, 5]);
  });

  it('ends at the first step that is not held, and says what was', async () => {
    const tried: number[] = [];
    const { passed, held, steps } = await stress(8, factor => {
      tried.push(factor);
      return Promise.resolve(loadOf(100, 40 * factor));
    });
    expect([passed, held, tried]).toEqual([false, 2, [1, 1.41, 2, 2.83]]);
    expect(steps.map(({ held }) => held)).toEqual([true, true, true, false]);
  });

  it('does not pass if it is ended before', async () => {
    const ended = new AbortController();
    const run = () => {
      ended.abort();
      return Promise.resolve(loadOf(100, 1));
    };
    expect(await stress(4, run, ended.signal)).toMatchObject({ passed: false, held: 0 });
  });

  it('lets as many be refused as may be late, and none where there is no objective', () => {
    expect(isHeld(loadOf(90, 1))).toBe(true);
    expect(isHeld(loadOf(89, 1))).toBe(false);
    expect(isHeld(loadOf(100, 1, []))).toBe(true);
    expect(isHeld(loadOf(99, 1, []))).toBe(false);
  });
});
