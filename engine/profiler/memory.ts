/** What a replica of a stage adds to resident memory. */
import type { BoundStage } from '../../pipelines/index.ts';
import type { Budget } from './budget.ts';
import type { StageInput } from './recorder.ts';
import { median } from './order-statistics.ts';
import { Trial, type TrialOptions } from './trial.ts';

/** A start that took longer, in milliseconds, or added more, in bytes, is not tried again. */
const cheap = { time: 1000, bytes: 256 * 1024 ** 2 };
const starts = 3;

/**
 * Starts a stage and runs one item. Resident memory after it, less before, is what a replica adds; where that is cheap
 * it is done three times, side by side since freed memory is used again, and the median taken. On other devices than
 * the processor only once: their replicas share a thread.
 * @param budget after it, nothing is done twice
 * @returns bytes, never negative
 * @throws MillraceError `unavailable` if the hardware can't run the stage, or why else it does not run
 */
export async function measureMemory(
  stage: BoundStage,
  inputs: readonly StageInput[],
  budget: Budget,
  options: TrialOptions,
): Promise<number> {
  const trials: Trial[] = [];
  const added: number[] = [];
  try {
    do {
      const start = options.clock.now();
      const before = process.memoryUsage.rss();
      const trial = await Trial.start(stage, inputs, options);
      trials.push(trial);
      await trial.run(1, 0);
      added.push(Math.max(0, process.memoryUsage.rss() - before));
      if (options.clock.now() - start > cheap.time || added.at(-1)! > cheap.bytes) break;
    } while (options.hardware.device === 'cpu' && trials.length < starts && !budget.isOver);
  } finally {
    await Promise.all(trials.map(trial => trial.close()));
  }
  return Math.round(median(added));
}
