/** Measures one stage: batch size after batch size, until more items per batch no longer pay. */
import { MillraceError, type BatchTimes } from '../../operators/index.ts';
import type { BoundStage } from '../../pipelines/index.ts';
import type { Budget } from './budget.ts';
import type { StageMeasurements } from './measurements.ts';
import { measureThreads } from './crowding.ts';
import type { StageInput } from './recorder.ts';
import { median } from './order-statistics.ts';
import { repeat, rounded } from './repetitions.ts';
import { measureRested } from './rested.ts';
import { leastRepetitions, nextBatch, sizesToCome, type MeasuredBatch } from './rules.ts';
import { Trial, type TrialOptions } from './trial.ts';

export interface StageProfilerOptions extends TrialOptions {
  /** Ends with the time there is for this stage. */
  budget: Budget;
  maxBatch: number;
  repetitions?: number | undefined;
  signal?: AbortSignal | undefined;
  turn?: (() => Promise<void>) | undefined;
  progress?: (batch: number, repetition: number) => void;
  /** Called after every batch size. */
  measured: (so: StageMeasurements) => Promise<void>;
  /** Main-thread milliseconds per batch, which are no replica's. */
  hop: number;
  /** Whether it is known how much longer batches take while all cores are busy. */
  isCrowdingKnown: boolean;
  note: (note: string) => void;
}

/** Least runs of a size that don't count; a GPU compiles something at every new shape. */
const fewWarmUps = 2;
const manyWarmUps = 32;

/** Milliseconds of runs that don't count: a just-started replica's code is compiled as it runs. */
const warmUpTime = { first: 2000, later: 25 };

/** Share of the time left that runs on every core at once may take. */
const crowdedShare = 0.25;

/** Batches of one that tell what a batch takes beside its stage. */
const fewBesides = 100;

function medianOf({ batch, mean, quantiles }: BatchTimes): MeasuredBatch {
  return { batch, median: quantiles.find(({ percentage }) => percentage === 50)?.time ?? mean };
}

/** Whether the time left is too short for the least that a batch size is run, if its items take as long as alone. */
function isTooLong(batch: number, last: MeasuredBatch | undefined, budget: Budget, warmUps: number): boolean {
  if (!last) return budget.isOver;
  return (batch / last.batch) * last.median * (warmUps + leastRepetitions) > budget.left;
}

/**
 * Goes on measuring a stage.
 * @param known what was measured of it already
 * @throws MillraceError if it does not start, or fails on single items
 */
export async function profileStage(
  stage: BoundStage,
  inputs: readonly StageInput[],
  known: StageMeasurements,
  options: StageProfilerOptions,
): Promise<void> {
  const { hardware, clock, budget, maxBatch, repetitions, signal, turn, measured, note } = options;
  const { hop, isCrowdingKnown } = options;
  const warmUps = hardware.device === 'cpu' ? fewWarmUps : Math.min(2 * inputs.length, manyWarmUps);
  const besides: number[] = [];
  let so = known;
  const trial = await Trial.start(stage, inputs, options);
  try {
    while (!so.finished) {
      const points = so.batches.map(medianOf);
      const batch = nextBatch(points, maxBatch);
      if (batch === null) {
        so = { ...so, finished: true };
      } else if (isTooLong(batch, points.at(-1), budget, warmUps)) {
        if (points.length > 0) note(`stage "${stage.name}": there was no time for batches of ${batch}`);
        return;
      } else {
        const times = await measureBatch(batch);
        if (!times && signal?.aborted) return;
        const handover = times && batch === 1 ? await measureHandover() : {};
        // A batch size is not measured again: with the rest of it missing, it is not kept.
        if (batch === 1 && signal?.aborted) return;
        so = times ? { ...so, ...handover, batches: [...so.batches, times] } : { ...so, finished: true };
      }
      await measured(so);
    }
  } finally {
    await trial.close();
  }

  /** What a batch of one takes beside the stage, how much longer all of it takes after a rest, and of how many threads. */
  async function measureHandover(): Promise<Partial<StageMeasurements>> {
    const beside = median(besides.slice(-fewBesides));
    const rested = await measureRested(trial, options);
    const handover = { wake: Math.max(0, rounded(beside - hop)), rested };
    if (isCrowdingKnown) return handover;
    const threads = await measureThreads(stage, inputs, { ...options, budget: budget.share(crowdedShare) });
    return { ...handover, ...(threads !== undefined && { threads }) };
  }

  /** Null if batches of this size can't be run, or the signal came. */
  async function measureBatch(batch: number): Promise<BatchTimes | null> {
    const milliseconds = so.batches.length === known.batches.length ? warmUpTime.first : warmUpTime.later;
    const points = so.batches.map(medianOf);
    try {
      const run = async (turn: number) => {
        const { time, beside } = await trial.run(batch, turn);
        if (batch === 1) besides.push(beside);
        return time;
      };
      return await repeat(batch, run, {
        budget: budget.share(1 / sizesToCome(points, maxBatch)),
        repetitions,
        warmUp: { runs: warmUps, milliseconds },
        clock,
        signal,
        turn,
        progress: repetition => options.progress?.(batch, repetition),
      });
    } catch (error) {
      if (!(error instanceof MillraceError) || batch === 1) throw error;
      note(`stage "${stage.name}": batches of ${batch} are left out: ${error.message}`);
      return null;
    }
  }
}
