/**
 * How many processor threads a stage's batches really keep busy: some operators have helpers of their own, all share
 * caches and memory with what runs beside them, and not every system gives each thread a core that is free. It shows in how
 * many batches replicas do together, one for each core, beside what one of them does alone.
 */
import { availableParallelism } from 'node:os';
import type { BoundStage } from '../../pipelines/index.ts';
import { realClock } from '../runtime/clock.ts';
import type { Budget } from './budget.ts';
import { busyThreads } from './busy-threads.ts';
import type { StageInput } from './recorder.ts';
import { threadTime } from './thread-time.ts';
import { Trial, type TrialOptions } from './trial.ts';

/**
 * Milliseconds of runs that don't count, and of each that does; a replica runs so many batches in either at least and at
 * most.
 */
const warmUp = { milliseconds: 500, least: 2, most: 5000 };
const counted = { milliseconds: 200, least: 5, most: 1000 };

/**
 * Turns, each of all replicas and then of one: as many as there is time for, up to this. In one a system may have its threads
 * on one core, and in the next on several, so it takes many to tell what it does on average.
 */
const mostTurns = 12;

/** Batches per millisecond, and milliseconds of the main thread per batch. */
interface Runs {
  rate: number;
  main: number;
}

/** Inputs of one turn are others than those of the next. */
const stride = 1000;

export interface CrowdingOptions extends TrialOptions {
  budget: Budget;
  turn?: (() => Promise<void>) | undefined;
}

/**
 * Runs batches of one on as many replicas at once as there are cores for, and on one of them, in turns.
 * @returns the threads that each of them keeps busy, those of the hardware type at least; undefined where only one has
 *   room, or on another device than the processor
 */
export async function measureThreads(
  stage: BoundStage,
  inputs: readonly StageInput[],
  options: CrowdingOptions,
): Promise<number | undefined> {
  const { hardware, clock, budget, turn: wait } = options;
  const cores = availableParallelism();
  const { threads } = hardware;
  const replicas = Math.floor(cores / threads);
  if (hardware.device !== 'cpu' || replicas < 2) return undefined;
  if (wait) await budget.wait(wait);
  const trials = await Promise.all(
    Array.from({ length: replicas }, () => Trial.start(stage, inputs, options)),
  );
  /** Each runs the same inputs, and goes on with more of them, which don't count, until all are done. */
  const run = async (
    running: readonly Trial[],
    { milliseconds, least, most }: typeof warmUp,
    turn = 0,
  ): Promise<Runs> => {
    const [start, before] = [clock.now(), threadTime()];
    const end = start + Math.min(milliseconds, budget.left);
    let left = running.length;
    let all = 0;
    let rate = 0;
    const runOne = async (trial: Trial) => {
      let own = 0;
      const run = () => trial.run(1, turn * stride + own++);
      try {
        while (own < least || (own < most && clock.now() < end)) await run();
      } finally {
        // Also where one fails: the others would go on without end.
        left--;
      }
      all += own;
      rate += own / Math.max(clock.now() - start, Number.MIN_VALUE);
      while (left > 0) {
        await run();
        all++;
      }
    };
    await Promise.all(running.map(runOne));
    // What a virtual clock says tells nothing of how busy this thread is.
    return { rate, main: clock === realClock ? (threadTime() - before) / all : 0 };
  };
  try {
    await run(trials, warmUp);
    const crowded: Runs[] = [];
    const alone: Runs[] = [];
    do {
      const turn = crowded.length;
      crowded.push(await run(trials, counted, turn));
      alone.push(await run(trials.slice(0, 1), counted, turn));
      // A clock that stands still tells nothing, however often it is asked.
    } while (crowded.length < mostTurns && !budget.isOver && alone.at(-1)!.rate < Infinity);
    const one = meanOf(alone);
    const service = 1 / one.rate - one.main;
    if (!(service > 0)) return threads;
    const busy = busyThreads({ service, main: one.main, replicas, threads, cores }, meanOf(crowded).rate);
    return Math.round(1000 * busy) / 1000;
  } finally {
    await Promise.all(trials.map(trial => trial.close()));
  }
}

function meanOf(runs: readonly Runs[]): Runs {
  const mean = (of: keyof Runs) => runs.reduce((sum, one) => sum + one[of], 0) / runs.length;
  return { rate: mean('rate'), main: mean('main') };
}
