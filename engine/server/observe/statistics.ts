/**
 * Statistics as Triton gives them (`extension_statistics.md`). A pipeline is what Triton calls an ensemble: its queue
 * and compute times are those of its stages together. Reading requests and writing answers is no part of
 * the time of a query here, so `compute_input` and `compute_output` count what was computed, with no time.
 */
import type { LogHistogram } from './log-histogram.ts';
import type { PipelineRecorder } from './pipeline-recorder.ts';
import type { BatchTally, StageRecorder } from './stage-recorder.ts';

/** How often something was done, and how long it took in all. */
export interface Duration {
  count: number;
  ns: number;
}

interface Compute {
  compute_input: Duration;
  compute_infer: Duration;
  compute_output: Duration;
}

export interface BatchStatistics extends Compute {
  batch_size: number;
}

/** Ours: a stage in the same words. Its inferences are items. */
export interface StageStatistics {
  name: string;
  inference_count: number;
  execution_count: number;
  inference_stats: { fail: Pick<Duration, 'count'>; queue: Duration } & Compute;
  batch_stats: BatchStatistics[];
}

export interface ModelStatistics {
  name: string;
  version: string;
  /** When a query was last taken, in milliseconds since the epoch; 0: none was. */
  last_inference: number;
  /** Queries that were answered. */
  inference_count: number;
  /** Batches that replicas ran. */
  execution_count: number;
  inference_stats: { success: Duration; fail: Duration; queue: Duration } & Compute;
  /** Of all stages' batches together. */
  batch_stats: BatchStatistics[];
  stages: StageStatistics[];
}

function duration(count: number, milliseconds: number): Duration {
  return { count, ns: Math.round(milliseconds * 1e6) };
}

function compute(count: number, milliseconds: number): Compute {
  return {
    compute_input: duration(count, 0),
    compute_infer: duration(count, milliseconds),
    compute_output: duration(count, 0),
  };
}

function durationOf({ count, sum }: LogHistogram): Duration {
  return duration(count, sum);
}

function batchStatistics(tallies: readonly (readonly [number, BatchTally])[]): BatchStatistics[] {
  const sizes = new Map<number, BatchTally>();
  for (const [size, { count, time }] of tallies) {
    const known = sizes.get(size) ?? { count: 0, time: 0 };
    sizes.set(size, { count: known.count + count, time: known.time + time });
  }
  return [...sizes]
    .toSorted(([a], [b]) => a - b)
    .map(([batch_size, { count, time }]) => ({ batch_size, ...compute(count, time) }));
}

function executionsOf({ batches }: StageRecorder): number {
  return [...batches.values()].reduce((sum, { count }) => sum + count, 0);
}

function stageStatistics(stage: StageRecorder): StageStatistics {
  const { name, queue, service, failures, batches } = stage;
  return {
    name,
    inference_count: service.count,
    execution_count: executionsOf(stage),
    inference_stats: {
      fail: { count: failures },
      queue: durationOf(queue),
      ...compute(service.count, service.sum),
    },
    batch_stats: batchStatistics([...batches]),
  };
}

export function modelStatistics(recorder: PipelineRecorder): ModelStatistics {
  const { name, version, last, latency, failed, times, groups } = recorder;
  const stages = [...recorder.stages.values()];
  return {
    name,
    version,
    last_inference: last,
    inference_count: latency.count,
    execution_count: groups.reduce((sum, { sizes }) => sum + sizes.count, 0),
    inference_stats: {
      success: durationOf(latency),
      fail: duration(failed, times.failed),
      queue: duration(latency.count, times.queue),
      ...compute(latency.count, times.service),
    },
    batch_stats: batchStatistics(stages.flatMap(({ batches }) => [...batches])),
    stages: stages.map(stageStatistics),
  };
}
