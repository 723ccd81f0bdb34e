/** What is counted of one served pipeline. Recording allocates nothing, since it is done for every query. */
import type { BoundPipeline, Objective } from '../../../pipelines/index.ts';
import type { EngineEvents, StageBatch } from '../../runtime/events.ts';
import type { QueryReport } from '../service.ts';
import { quantilesOf } from './log-histogram.ts';
import { countsForObjective, outcomes, type Outcome } from './outcome.ts';
import { RecentHistogram } from './recent.ts';
import { StageRecorder } from './stage-recorder.ts';

/** What a few seconds were like. Times are milliseconds; null where no query was answered. */
export interface Point {
  /** When they ended, in milliseconds since the epoch. */
  at: number;
  seconds: number;
  answered: number;
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** Points that are kept: five minutes of them. */
const keptPoints = 60;

/** Batches of one group on one hardware. */
interface GroupRecorder {
  group: string;
  hardware: string;
  /** A batch's items, as if they were milliseconds: whole numbers to 64 have buckets of their own. */
  sizes: RecentHistogram;
}

export class PipelineRecorder implements EngineEvents {
  readonly name: string;
  readonly version: string;
  /** By place in `outcomes`. */
  readonly ended = new Float64Array(outcomes.length);
  /** Of queries that were answered. */
  readonly latency = new RecentHistogram();
  /** Milliseconds that queries took which failed, that answered ones' items waited, and that they were on replicas. */
  readonly times = { failed: 0, queue: 0, service: 0 };
  /** When a query was last taken, in milliseconds since the epoch; 0: none was. */
  last = 0;
  /** Queries that count for the objectives. */
  counted = 0;
  /** How many of them were answered within each. */
  readonly objectives: readonly (Objective & { met: number })[];
  readonly stages: ReadonlyMap<string, StageRecorder>;
  readonly groups: GroupRecorder[] = [];
  /** Replicas that were lost, by group. */
  readonly lost = new Map<string, number>();
  readonly points: Point[] = [];
  #failedBefore = 0;

  constructor({ name, slo, stages }: BoundPipeline, version: string) {
    this.name = name;
    this.version = version;
    this.objectives = slo.map(objective => ({ ...objective, met: 0 }));
    this.stages = new Map(stages.map(stage => [stage.name, new StageRecorder(stage.name)]));
  }

  countOf(outcome: Outcome): number {
    return this.ended[outcomes.indexOf(outcome)]!;
  }

  /** Queries that were not answered. */
  get failed(): number {
    return this.ended.reduce((sum, count) => sum + count, -this.countOf('ok'));
  }

  queryEnded({ began, latency, result, error }: QueryReport): void {
    const outcome = error?.code ?? 'ok';
    this.ended[outcomes.indexOf(outcome)]!++;
    if (began > this.last) this.last = began;
    if (countsForObjective(outcome)) this.counted++;
    if (!result) {
      this.times.failed += latency;
      const stage = error?.stage === undefined ? undefined : this.stages.get(error.stage);
      if (stage) stage.failures++;
      return;
    }
    this.latency.record(latency);
    for (const objective of this.objectives) if (latency <= objective.limit) objective.met++;
    for (const { queue, service } of result.stages) {
      this.times.queue += queue;
      this.times.service += service;
    }
  }

  batchDone({ group, hardware, items }: { group: string; hardware: string; items: number }): void {
    let known = this.groups.find(other => other.group === group && other.hardware === hardware);
    if (!known) this.groups.push((known = { group, hardware, sizes: new RecentHistogram() }));
    known.sizes.record(items);
  }

  stageDone(batch: StageBatch): void {
    this.stages.get(batch.stage)?.ran(batch);
  }

  wasted(name: string, milliseconds: number): void {
    const stage = this.stages.get(name);
    if (stage) stage.wasted += milliseconds;
  }

  replicaLost(group: string): void {
    this.lost.set(group, (this.lost.get(group) ?? 0) + 1);
  }

  /** Ends a point of the series. */
  turn(at: number, seconds: number): void {
    const { failed } = this;
    const latency = this.latency.since('last');
    const [p50, p95, p99] = quantilesOf(latency, [0.5, 0.95, 0.99]);
    this.points.push({
      at,
      seconds,
      answered: latency.count,
      failed: failed - this.#failedBefore,
      p50: p50!,
      p95: p95!,
      p99: p99!,
    });
    if (this.points.length > keptPoints) this.points.shift();
    this.#failedBefore = failed;
    this.latency.turn();
    for (const stage of this.stages.values()) stage.turn();
    for (const { sizes } of this.groups) sizes.turn();
  }
}
