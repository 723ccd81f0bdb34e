import { afterEach, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../engine/index.ts';

afterEach(() => void vi.useRealTimers());

describe('the machine’s clock', () => {
  it('waits longer than a timer can', () => {
    vi.useFakeTimers();
    let called = 0;
    const day = 24 * 60 * 60 * 1000;
    realClock.at(performance.now() + 60 * day, () => called++);
    const cancel = realClock.at(performance.now() + 60 * day, () => called++);
    vi.advanceTimersByTime(59 * day);
    expect(called).toBe(0);
    cancel();
    vi.advanceTimersByTime(2 * day);
    expect([called, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
