/** Sends sample queries through a pipeline and notes what every stage was given. */
import { asStageError, MillraceError } from '../../operators/index.ts';
import type { BoundPipeline, HardwareType } from '../../pipelines/index.ts';
import type { Clock } from '../runtime/clock.ts';
import { Engine } from '../runtime/engine.ts';
import type { InputValue } from '../runtime/inputs.ts';
import type { QueryResult } from '../runtime/query.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import type { Budget } from './budget.ts';
import { Recorder, type StageInput } from './recorder.ts';

/** The inputs of one sample query, and a name to know it by. */
export interface SampleQuery {
  label: string;
  inputs: Readonly<Record<string, InputValue>>;
}

/** What the samples showed of one stage. */
export interface RecordedStage {
  /** Items of each answered query, in their order; 0: it did not run. */
  samples: readonly number[];
  inputs: readonly StageInput[];
  /** Milliseconds it took per item. */
  service: number;
}

export interface Recording {
  /** By name. */
  stages: ReadonlyMap<string, RecordedStage>;
  /** The samples that were answered; at least one. */
  answered: readonly SampleQuery[];
  /** What was left out of the samples, and why. */
  notes: readonly string[];
}

export interface RecordingOptions {
  hardware: HardwareType;
  replicas: ReplicaFactory;
  clock: Clock;
  /** After it, no further query is begun once one was answered. */
  budget: Budget;
  signal?: AbortSignal | undefined;
  progress?: (done: number, total: number) => void;
}

async function startEngine(
  pipeline: BoundPipeline,
  recorder: Recorder,
  { hardware, replicas, clock }: RecordingOptions,
): Promise<Engine> {
  const pool = {
    hardware: 'cpu',
    device: 'cpu',
    threads: hardware.device === 'cpu' ? hardware.threads : 1,
    batch: 1,
    replicas: 1,
    maxWait: 0,
  } as const;
  // Every stage a group of its own, so that what it is given passes by the recorder.
  const deployment = pipeline.stages.map(({ name }) => ({ name, stages: [name], pools: [pool] }));
  // On the processor first: it is quick to start, and what is measured later is not what runs here.
  const recording = recorder.replicas(replicas, [...new Set(['cpu' as const, hardware.device])]);
  return Engine.start(pipeline, { deployment, replicas: recording, clock });
}

/** Milliseconds for the batch of a sample that was cancelled. */
const lastBatch = 2000;

/**
 * Sends the samples through the pipeline, one by one, each stage on a replica of its own.
 * @throws MillraceError if a stage can't be started, if every sample failed (with the first failure's code and
 *   stage), or `cancelled` by the signal
 */
export async function record(
  pipeline: BoundPipeline,
  queries: readonly SampleQuery[],
  options: RecordingOptions,
): Promise<Recording> {
  const recorder = new Recorder();
  const { budget, signal, progress } = options;
  const answered: SampleQuery[] = [];
  const results: QueryResult[] = [];
  const notes: string[] = [];
  let firstFailure: { label: string; error: MillraceError } | null = null;
  const engine = await startEngine(pipeline, recorder, options);
  try {
    for (const [index, { label, inputs }] of queries.entries()) {
      if (answered.length > 0 && budget.isOver) {
        notes.push(
          `only the first ${index} of ${queries.length} samples were used: there was no time for more`,
        );
        break;
      }
      recorder.mark();
      try {
        results.push(await engine.infer(inputs, signal ? { signal } : {}));
        answered.push({ label, inputs });
      } catch (thrown) {
        const error = asStageError(thrown, '');
        if (error.code === 'cancelled') throw error;
        firstFailure ??= { label, error };
        recorder.undo();
        notes.push(`sample ${label} is left out: ${error.code}: ${error.message}`);
      }
      progress?.(index + 1, queries.length);
    }
  } finally {
    await engine.close(lastBatch);
  }
  if (answered.length === 0 && firstFailure) {
    const { label, error } = firstFailure;
    const message = `no sample gets through the pipeline; the first, ${label}, fails: ${error.message}`;
    throw new MillraceError(error.code, message, {
      ...(error.stage && { stage: error.stage }),
      cause: error,
    });
  }
  return { stages: gather(pipeline, results, recorder), answered, notes };
}

function gather(
  pipeline: BoundPipeline,
  answered: readonly QueryResult[],
  recorder: Recorder,
): Map<string, RecordedStage> {
  return new Map(
    pipeline.stages.map(({ name }): [string, RecordedStage] => {
      const times = answered.map(({ stages }) => stages.find(stage => stage.name === name)!);
      const samples = times.map(({ items }) => items);
      const items = samples.reduce((sum, count) => sum + count, 0);
      const service = times.reduce((sum, { service }) => sum + service, 0);
      return [name, { samples, inputs: recorder.inputsOf(name), service: items > 0 ? service / items : 0 }];
    }),
  );
}
