/**
 * How much longer a batch takes on a replica that has waited for it. Meanwhile processors sleep and slow down, and
 * others use their caches: a stage of a tenth of a millisecond takes several times as long after a few of them.
 */
import type { Rested } from '../../planner/index.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Budget } from './budget.ts';
import { median } from './order-statistics.ts';
import { rounded } from './repetitions.ts';
import type { Trial } from './trial.ts';

/** Milliseconds of the rests, and batches after each. */
const rests = [1, 4, 16, 64];
const batches = 12;

/** Share of the time there is that the rests may take. */
const share = 0.25;

export interface RestedOptions {
  clock: Clock;
  budget: Budget;
  signal?: AbortSignal | undefined;
  turn?: (() => Promise<void>) | undefined;
}

/**
 * Runs batches of one after a rest, and each of them once more at once: what it takes depends on what is in it, so it is
 * compared with itself.
 * @returns in ascending order of the rest, with times that never fall; without the rests there was no time for
 */
export async function measureRested(
  trial: Trial,
  { clock, budget: whole, signal, turn: wait }: RestedOptions,
): Promise<Rested[]> {
  const budget = whole.share(share);
  const measured: Rested[] = [];
  let turn = 0;
  for (const rest of rests) {
    const times: number[] = [];
    const besides: number[] = [];
    while (times.length < batches) {
      if (signal?.aborted || budget.left < rest) return measured;
      if (wait) await budget.wait(wait);
      await new Promise<void>(resolve => void clock.at(clock.now() + rest, resolve));
      const rested = await trial.run(1, turn);
      const hot = await trial.run(1, turn++);
      times.push(rested.time - hot.time);
      besides.push(rested.beside - hot.beside);
    }
    const { time, wake } = measured.at(-1) ?? { time: 0, wake: 0 };
    measured.push({
      rest,
      time: Math.max(time, rounded(median(times))),
      wake: Math.max(wake, rounded(median(besides))),
    });
  }
  return measured;
}
