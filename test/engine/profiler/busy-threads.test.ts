/** How many threads replicas keep busy, from how many batches they do. */
import { describe, expect, it } from 'vitest';
import { busyThreads } from '../../../engine/profiler/busy-threads.ts';

const two = { replicas: 2, threads: 1, cores: 2 };

describe('the threads that replicas keep busy', () => {
  it('are those of the batches that they lose, where the engine’s thread takes nothing', () => {
    const round = { ...two, service: 4, main: 0 };
    expect(busyThreads(round, 2 / 4)).toBe(1);
    expect(busyThreads(round, 2 / (4 * 1.25))).toBeCloseTo(1.25, 6);
    expect(busyThreads({ ...round, replicas: 4, threads: 2, cores: 8 }, 4 / (4 * 1.5))).toBeCloseTo(3, 6);
  });

  it('are no more for what they wait for the engine’s thread, or share a core with it', () => {
    // By hand: none waits 1 / (1 + 1 + 1/2) of the time, both do 1/2 of that, and the thread is busy the rest of it.
    expect(busyThreads({ ...two, service: 2, main: 1 }, 1 - 1 / 2.5)).toBeCloseTo(1, 6);
    expect(busyThreads({ ...two, service: 2, main: 1 }, 0.55)).toBeGreaterThan(1.1);
  });

  it('are those that they are meant to at least, and those of all replicas at most', () => {
    expect(busyThreads({ ...two, service: 2, main: 1 }, 10)).toBe(1);
    expect(busyThreads({ ...two, service: 2, main: 1 }, 0.01)).toBeCloseTo(2, 6);
  });
});
