/** All that counts, logs and traces, in one piece for whoever puts a server together. */
import type { BoundPipeline } from '../../../pipelines/index.ts';
import type { EngineEvents } from '../../runtime/events.ts';
import type { Repository } from '../repository.ts';
import type { Route } from '../router.ts';
import type { Refusal } from '../server.ts';
import type { ServiceListener } from '../service.ts';
import type { Logger } from './logger.ts';
import { LoopDelayMonitor } from './loop-delay.ts';
import { makeRegistry } from './metrics.ts';
import type { Observed, TransportFacts } from './observed.ts';
import { QueryLog } from './query-log.ts';
import { interval } from './recent.ts';
import { Recorders } from './recorders.ts';
import { Refusals } from './refusals.ts';
import { observeRoutes } from './routes.ts';
import { isTraced, type TraceOptions } from './trace-options.ts';

export interface ObserveOptions {
  repository: Repository;
  log: Logger;
  trace: TraceOptions;
  /** Millrace's own. */
  version: string;
  /** Null until the web server is there. */
  transport(): TransportFacts | null;
}

export interface Observation {
  /** For every service. */
  readonly listeners: readonly ServiceListener[];
  /** For the engines of a pipeline's version. */
  engineEvents(pipeline: BoundPipeline, version: string): EngineEvents;
  /** For the server. */
  refused(refusal: Refusal): void;
  /** `/v2/models/stats` is among them: they come before those of the Open Inference Protocol. */
  readonly routes: readonly Route[];
  /** Sends the traces that are left. */
  close(): Promise<void>;
}

export async function observe(options: ObserveOptions): Promise<Observation> {
  const { repository, log, trace, version, transport } = options;
  const recorders = new Recorders({ now: () => performance.now(), epoch: () => Date.now() });
  const refusals = new Refusals();
  const loopDelay = new LoopDelayMonitor();
  const observed: Observed = { repository, recorders, refusals, loopDelay, version, transport };
  const queryLog = new QueryLog(log, () => performance.now());
  const tracing = isTraced(trace)
    ? (await import('./trace-export.ts')).startTracing(trace, version, log)
    : null;
  const timer = setInterval(() => {
    recorders.turn();
    loopDelay.turn();
  }, interval);
  timer.unref();
  return {
    listeners: [recorders, refusals, queryLog, ...(tracing ? [tracing] : [])],
    engineEvents: (pipeline, version) => recorders.of(pipeline, version),
    refused(refusal) {
      if (refusals.refused(refusal)) queryLog.refused(refusal);
    },
    routes: observeRoutes(observed, makeRegistry(observed)),
    async close() {
      clearInterval(timer);
      loopDelay.close();
      await tracing?.close();
    },
  };
}
