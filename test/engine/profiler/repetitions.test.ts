import { describe, expect, it } from 'vitest';
import { Budget } from '../../../engine/profiler/budget.ts';
import { repeat, summarise, type RepetitionOptions } from '../../../engine/profiler/repetitions.ts';

/** A clock that what is run moves. */
function machine(timeOf: (turn: number) => number) {
  let now = 0;
  let runs = 0;
  return {
    clock: { now: () => now, at: () => () => undefined },
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    runs: () => runs,
    run: async (turn: number) => {
      runs++;
      now += timeOf(turn);
      return timeOf(turn);
    },
  };
}

type Machine = ReturnType<typeof machine>;

const measure = (
  { clock, run }: Machine,
  { budget = 1e6, ...more }: Partial<Omit<RepetitionOptions, 'budget'>> & { budget?: number } = {},
) =>
  repeat(1, run, {
    budget: new Budget(clock, budget),
    clock,
    warmUp: { runs: 2, milliseconds: 0 },
    ...more,
  });

describe('repetitions', () => {
  it('leave out the first runs while they get faster', async () => {
    const falling = machine(turn => Math.max(10, 50 - 10 * turn));
    expect(await measure(falling)).toMatchObject({ mean: 10, quantiles: expect.arrayContaining([]) });
    // 50, 40, 30, 20, 10, and the first that was no faster.
    expect(falling.runs()).toBe(6 + 100);
  });

  it('leave out as much time as code takes to be compiled', async () => {
    const fast = machine(() => 1);
    await measure(fast, { warmUp: { runs: 2, milliseconds: 250 } });
    // Then they count, for a second.
    expect(fast.runs()).toBe(250 + 1000);
  });

  it('end with the time there is, after a few', async () => {
    const slow = machine(() => 1000);
    await measure(slow, { budget: 3000, warmUp: { runs: 2, milliseconds: 250 } });
    expect(slow.runs()).toBe(2 + 5);
  });

  it('go on to the most there may be where times vary', async () => {
    const uneven = machine(turn => (turn % 2 === 0 ? 10 : 20));
    const result = await measure(uneven, { repetitions: 150 });
    expect(uneven.runs()).toBe(2 + 150);
    expect(result).toMatchObject({ batch: 1, mean: 15 });
  });

  it('wait for their turn without spending the time there is', async () => {
    const busy = machine(() => 10);
    const turn = async () => busy.pass(500);
    await measure(busy, { budget: 2000, turn });
    expect(busy.runs()).toBe(2 + 100);
  });

  it('end at once when they are interrupted, with nothing', async () => {
    const controller = new AbortController();
    const interrupted = machine(turn => {
      if (turn === 20) controller.abort();
      return 10;
    });
    expect(await measure(interrupted, { signal: controller.signal })).toBe(null);
    expect(interrupted.runs()).toBe(21);
  });
});

describe('a summary', () => {
  it('has the mean and quantiles that never fall', () => {
    const { mean, quantiles } = summarise(4, [5, 1, 4, 2, 3]);
    expect(mean).toBe(3);
    expect(quantiles.map(({ percentage }) => percentage)).toEqual([
      1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.8, 99.9, 99.95, 100,
    ]);
    expect(quantiles.map(({ time }) => time)).toEqual([
      1.04, 1.2, 1.4, 2, 3, 4, 4.6, 4.8, 4.96, 4.98, 4.992, 4.996, 4.998, 5,
    ]);
  });
});
