/**
 * How many processor threads a stage's batches really keep busy: some operators have helpers of their own, and all
 * share caches and memory with what runs beside them. It shows in how much slower a batch is while every core has one.
 */
import { availableParallelism } from 'node:os';
import type { BoundStage } from '../../pipelines/index.ts';
import type { Budget } from './budget.ts';
import { median } from './order-statistics.ts';
import type { StageInput } from './recorder.ts';
import { Trial, type TrialOptions } from './trial.ts';

/** Milliseconds of runs, and how many at least and at most: first those that don't count, then those that do. */
const warmUp = { milliseconds: 500, least: 2, most: 5000 };
const counted = { milliseconds: 300, least: 10, most: 1000 };

export interface CrowdingOptions extends TrialOptions {
  budget: Budget;
  turn?: (() => Promise<void>) | undefined;
}

/**
 * Runs batches of one on as many replicas at once as there are cores for, and then on one of them.
 * @returns the threads of the hardware type, times how much longer a batch takes when all run; undefined where only one
 *   has room, or on another device than the processor
 */
export async function measureThreads(
  stage: BoundStage,
  inputs: readonly StageInput[],
  options: CrowdingOptions,
): Promise<number | undefined> {
  const { hardware, clock, budget, turn: wait } = options;
  const replicas = Math.floor(availableParallelism() / hardware.threads);
  if (hardware.device !== 'cpu' || replicas < 2) return undefined;
  if (wait) await budget.wait(wait);
  const trials = await Promise.all(
    Array.from({ length: replicas }, () => Trial.start(stage, inputs, options)),
  );
  let over = false;
  /** Median time of the first one's runs; the others go on until it is done. */
  const runAll = async (running: readonly Trial[], { milliseconds, least, most }: typeof warmUp) => {
    const times: number[] = [];
    const end = clock.now() + Math.min(milliseconds, budget.left);
    over = false;
    const others = running.slice(1).map(async trial => {
      for (let turn = 0; !over; turn++) await trial.run(1, turn);
    });
    try {
      while (times.length < least || (clock.now() < end && times.length < most))
        times.push((await running[0]!.run(1, times.length)).time);
    } finally {
      over = true;
    }
    await Promise.all(others);
    return median(times);
  };
  try {
    await runAll(trials, warmUp);
    const crowded = await runAll(trials, counted);
    const alone = await runAll(trials.slice(0, 1), counted);
    if (alone === 0) return hardware.threads;
    const slower = Math.min(replicas, Math.max(1, crowded / alone));
    return Math.round(1000 * hardware.threads * slower) / 1000;
  } finally {
    await Promise.all(trials.map(trial => trial.close()));
  }
}
