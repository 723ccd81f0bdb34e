/** Measures one batch size of one stage. */
import type { BatchTimes, Quantile } from '../../operators/index.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Budget } from './budget.ts';
import { quantile } from './order-statistics.ts';
import { isMeasured } from './rules.ts';

export interface RepetitionOptions {
  /** Ends with the time there is for this batch size. */
  budget: Budget;
  /** Most repetitions that count; undefined: as many as are useful. */
  repetitions?: number | undefined;
  /** Least runs that don't count, and the least time they take together. */
  warmUp: { runs: number; milliseconds: number };
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Awaited before every run; its time is not spent. */
  turn?: (() => Promise<void>) | undefined;
  progress?: (repetition: number) => void;
}

/** Most runs that don't count, where only the times' falling asks for more. */
const mostFalling = 10;

/** Most runs that don't count at all: by then everything is compiled, however little a run takes. */
const mostWarmUps = 5000;

/** At most this share of the time is spent on runs that don't count, but for the least number of them. */
const warmUpShare = 0.25;

/** A run is still warming up if it is the fastest so far by this. */
const stillFalling = 0.95;

/** Percentages of the quantiles that are kept. The last are few runs, but each of them holds up many queries. */
const percentages = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.8, 99.9, 99.95, 100];

/** Tenths of a microsecond are more than a clock tells. */
export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1e4) / 1e4;
}

/** Quantiles of measured times. @param sorted milliseconds, at least one, ascending */
export function quantilesOf(sorted: readonly number[], percentages: readonly number[]): Quantile[] {
  return percentages.map(percentage => ({ percentage, time: rounded(quantile(sorted, percentage)) }));
}

/** Mean and quantiles of measured times, in milliseconds. */
export function summarise(batch: number, times: readonly number[]): BatchTimes {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    batch,
    mean: rounded(sorted.reduce((sum, time) => sum + time, 0) / sorted.length),
    quantiles: quantilesOf(sorted, percentages),
  };
}

/**
 * Runs a batch size until it is measured. Runs at the start don't count: as many, and as long, as `warmUp` says, so that
 * compilers have seen what runs often, and on while each is the fastest so far by 5 %, at most ten.
 * @param run runs the batch of a turn and gives the milliseconds it took
 * @returns null if the signal interrupted it
 */
export async function repeat(
  batch: number,
  run: (turn: number) => Promise<number>,
  { budget, repetitions, warmUp, clock, signal, turn: wait, progress }: RepetitionOptions,
): Promise<BatchTimes | null> {
  let turn = 0;
  /** Milliseconds that runs took, with what they take beside the stage. */
  let spent = 0;
  const next = async (): Promise<number | null> => {
    if (wait) await budget.wait(wait);
    if (signal?.aborted) return null;
    const begun = clock.now();
    const time = await run(turn++);
    spent += clock.now() - begun;
    return time;
  };
  let fastest = Infinity;
  let falling = true;
  const end = clock.now() + Math.min(warmUp.milliseconds, warmUpShare * budget.left);
  const isCold = () =>
    turn < warmUp.runs ||
    (clock.now() < end && turn < mostWarmUps) ||
    (falling && turn < mostFalling && !budget.isOver);
  while (isCold()) {
    const time = await next();
    if (time === null) return null;
    falling = time < stillFalling * fastest;
    fastest = Math.min(fastest, time);
  }
  const times: number[] = [];
  spent = 0;
  while (!isMeasured(times, { elapsed: spent, most: repetitions, timeIsOver: budget.isOver })) {
    const time = await next();
    if (time === null) return null;
    times.push(time);
    progress?.(times.length);
  }
  return summarise(batch, times);
}
