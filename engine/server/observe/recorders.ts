/** A recorder for each served pipeline, and the time they share. */
import type { BoundPipeline } from '../../../pipelines/index.ts';
import type { QueryReport, Service, ServiceListener } from '../service.ts';
import { PipelineRecorder } from './pipeline-recorder.ts';
import { Turns } from './recent.ts';

/** Milliseconds: one that never runs backwards, and one since the epoch. */
export interface Clocks {
  now(): number;
  epoch(): number;
}

export class Recorders implements ServiceListener {
  readonly #clocks: Clocks;
  readonly #turns: Turns;
  readonly #known = new Map<string, PipelineRecorder>();
  /** For the way of every query: a service is found by itself alone. */
  readonly #ofServices = new WeakMap<Service, PipelineRecorder>();

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#turns = new Turns(clocks.now());
  }

  /** The recorder of a pipeline's version, which outlives its engines. */
  of(pipeline: BoundPipeline, version: string): PipelineRecorder {
    const key = JSON.stringify([pipeline.name, version]);
    let recorder = this.#known.get(key);
    if (!recorder) this.#known.set(key, (recorder = new PipelineRecorder(pipeline, version)));
    return recorder;
  }

  ofService(service: Service): PipelineRecorder {
    let recorder = this.#ofServices.get(service);
    if (!recorder) this.#ofServices.set(service, (recorder = this.of(service.pipeline, service.version)));
    return recorder;
  }

  ended(report: QueryReport): void {
    this.ofService(report.service).queryEnded(report);
  }

  /** Milliseconds since the epoch. */
  get epoch(): number {
    return this.#clocks.epoch();
  }

  /** Seconds that "the last minute" is long. */
  get seconds(): number {
    return Math.max(1, this.#turns.since('oldest', this.#clocks.now())) / 1000;
  }

  /** Ends an interval. */
  turn(): void {
    const now = this.#clocks.now();
    const seconds = this.#turns.since('last', now) / 1000;
    for (const recorder of this.#known.values())
      recorder.turn(this.#clocks.epoch(), Math.round(seconds * 1000) / 1000);
    this.#turns.turn(now);
  }
}
