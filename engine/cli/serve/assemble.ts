/** A server put together: the served pipelines, the protocols, who counts and who may ask. */
import type { Logger } from 'pino';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { pageRoutes } from '../../dashboard/pages.ts';
import { Engine, EngineTuner, planInThread, type Limits } from '../../index.ts';
import type { KeyAccess } from '../../server/access/key-access.ts';
import { eventsOfAll } from '../../runtime/events.ts';
import { clientRoute } from '../../server/client-route.ts';
import type { ServerLimits } from '../../server/limits.ts';
import { observe } from '../../server/observe/observe.ts';
import type { TraceOptions } from '../../server/observe/trace-options.ts';
import type { TrafficRecorder } from '../../server/observe/traffic-recorder.ts';
import { openInferenceRoutes } from '../../server/open-inference/routes.ts';
import { openApiRoutes, streamPaths } from '../../server/openapi/routes.ts';
import { Repository } from '../../server/repository.ts';
import { Server } from '../../server/server.ts';
import { Service } from '../../server/service.ts';
import { Streams } from '../../server/stream/streams.ts';
import { tensorflowServingRoutes } from '../../server/tensorflow-serving/routes.ts';
import { torchServeRoutes } from '../../server/torchserve/routes.ts';
import type { TlsFiles } from '../../server/transport.ts';
import { version } from '../version.ts';
import { deadlineOf } from './deadlines.ts';
import { engineLog } from './observing.ts';
import type { Planned } from './plans.ts';
import type { Tuning } from './tuning.ts';
import { warmUpGpu } from './warm-up.ts';

/** Versions of a name are told apart by it; so far there is one of each. */
const firstVersion = '1';

export interface ServeOptions {
  pipelines: readonly BoundPipeline[];
  planned: readonly Planned[];
  /** Null: the pipeline has no tuner. */
  tuning: readonly (Tuning | null)[];
  access: KeyAccess;
  limits: ServerLimits;
  engineLimits: Partial<Limits>;
  /** A query's time is its pipeline's objective times this; null: queries have no time limit by themselves. */
  deadlineFactor: number | null;
  tls: TlsFiles | undefined;
  host: string;
  port: number;
  trace: TraceOptions;
  /** Null: nothing is recorded. */
  recorder: TrafficRecorder | null;
  log: Logger;
}

export interface Assembled {
  server: Server;
  repository: Repository;
  /** Loads every pipeline. */
  load(): Promise<void>;
  /** Answers what was accepted, and ends. @param limit milliseconds */
  close(limit: number): Promise<void>;
}

/** The server listens before the models are loaded: a port that can't be had is known at once, and readiness is told. */
export async function assemble(options: ServeOptions): Promise<Assembled> {
  const { pipelines, planned, tuning, access, limits, engineLimits, deadlineFactor } = options;
  const { tls, host, port, trace, recorder, log } = options;
  const repository = new Repository();
  let server: Server | null = null;
  const observation = await observe({ repository, log, trace, version: version(), transport: () => server });
  for (const [index, pipeline] of pipelines.entries()) {
    const { deployment, plan, forecast } = planned[index]!;
    const observer = observation.engineEvents(pipeline, firstVersion);
    const tuned = tuning[index];
    const start = async () => {
      const tuner = tuned ? new EngineTuner({ ...tuned, planAnew: planInThread, log }) : null;
      const engine = await Engine.start(pipeline, {
        deployment,
        log: engineLog(log),
        events: eventsOfAll([observer, ...(tuner ? [tuner] : [])]),
        limits: engineLimits,
        ...deadlineOf(pipeline, deadlineFactor),
        ...(forecast && { forecast }),
      });
      await warmUpGpu(engine);
      tuner?.attach(engine);
      return { engine, plan, tuner };
    };
    const listeners = [...observation.listeners, ...(recorder ? [recorder] : [])];
    repository.add(new Service({ pipeline, version: firstVersion, listeners, admit: access.admit, start }));
  }
  const streams = new Streams({
    repository,
    limits,
    authorise: (head, pipeline) => access.check(head, 'open', pipeline),
  });
  const protocols = [
    ...observation.routes,
    ...openInferenceRoutes(repository, { limits, version: version(), extensions: ['statistics'] }),
    ...tensorflowServingRoutes(repository, limits),
    ...torchServeRoutes(repository),
  ];
  const described = { version: version(), hasKeys: access.hasKeys };
  const routes = [
    ...protocols,
    ...openApiRoutes(repository, [...protocols, ...streamPaths], described),
    clientRoute,
    ...(await pageRoutes()),
  ];
  const { refused } = observation;
  server = await Server.start({ repository, routes, streams, access, limits, tls, host, port, log, refused });
  return {
    server,
    repository,
    async load() {
      await Promise.all(repository.all().map(service => service.load()));
    },
    async close(limit) {
      await server.close(limit);
      await Promise.all([observation.close(), recorder?.close()]);
    },
  };
}
