/**
 * Rehearsal: the real engine runs a plan with emulated stages, which take as long as the profiles say, and the workload
 * is replayed in real time.
 */
import { MillraceError } from '../../operators/index.ts';
import type { Group } from '../../pipelines/index.ts';
import {
  deploy,
  forecastOf,
  QueryDraws,
  type Sample,
  type Structure,
  type System,
} from '../../planner/index.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import type { Deployment } from '../runtime/deployment.ts';
import { Engine } from '../runtime/engine.ts';
import type { EngineEvents } from '../runtime/events.ts';
import { defaultLimits } from '../runtime/limits.ts';
import { silentLog, type Log } from '../runtime/log.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import { threadReplicas } from '../runtime/thread-replica.ts';
import { emulatedPipeline } from './emulated-pipeline.ts';
import { EmulatedReplicas, type Work } from './emulated-replicas.ts';
import { preciseClock } from './precise-clock.ts';
import { inputsOf } from './query-values.ts';
import { replay, type Replayed } from './replay.ts';

export interface RehearseOptions {
  /** Ends it early. */
  signal?: AbortSignal;
  onProgress?: (answered: number, total: number) => void;
  /** The machine's, unless given. */
  clock?: Clock;
  /** Threads, unless given. */
  replicas?: ReplicaFactory;
  log?: Log;
  /** Milliseconds after which a query is given up, and refused where it is known to be late; by default none is. */
  deadline?: number;
  events?: EngineEvents;
  /** Is given the engine once it has started. Returns what is called before it ends. */
  attach?(engine: Engine): () => void;
}

/** A stage over the whole rehearsal. Sums over its items, in milliseconds. */
export interface StageWork {
  name: string;
  items: number;
  queue: number;
  service: number;
}

export interface GroupWork {
  name: string;
  /** By hardware type. */
  hardware: readonly ({ name: string; replicas: number } & Work)[];
}

export interface Rehearsal extends Replayed {
  stages: readonly StageWork[];
  groups: readonly GroupWork[];
}

/** Milliseconds for the first timer to be set in time. */
const lead = 20;

/** Stages without a condition that some query passes by though what it needs is there. */
function closedStages(structure: Structure, { seed, arrivals }: Sample): Set<number> {
  const closed = new Set<number>();
  const candidates = structure.stages.filter(
    ({ gated, index }) => gated && structure.pipeline.stages[index]!.when === null,
  );
  if (candidates.length === 0) return closed;
  const draws = new QueryDraws(structure, seed);
  for (let query = 0; query < arrivals.length; query++) {
    draws.draw(query);
    for (const { index, work } of candidates) if (draws.open[work] === 0) closed.add(index);
  }
  return closed;
}

/** The plan's groups with pools fastest first, as the estimator has them. All hardware is emulated on the processor. */
export function emulatedDeployment(system: System, groups: readonly Group[]): Deployment {
  return deploy(system, groups).groups.map(({ pools }, g) => ({
    name: groups[g]!.name,
    stages: groups[g]!.stages,
    pools: pools.map(({ hardware, batch, maxWait, backlog, replicas }) => ({
      hardware,
      batch,
      maxWait,
      backlog,
      replicas,
      device: 'cpu',
      threads: 1,
    })),
  }));
}

function workOf(deployment: Deployment, replicas: EmulatedReplicas): GroupWork[] {
  return deployment.map(({ name, stages, pools }) => {
    const types = [...new Set(pools.map(({ hardware }) => hardware))];
    return {
      name,
      hardware: types.map(type => ({
        name: type,
        replicas: pools.reduce((sum, pool) => sum + (pool.hardware === type ? pool.replicas : 0), 0),
        ...replicas.workOf(stages, type),
      })),
    };
  });
}

/**
 * Runs one sample's arrivals, in real time, through the engine with emulated stages. Draws are those that `simulate`
 * makes for the same sample.
 *
 * @param groups of a plan for the system's pipeline
 * @throws MillraceError `invalid-pipeline` if a pool's hardware is in no profile; the signal's reason; or what a query
 *   failed with
 */
export async function rehearse(
  system: System,
  groups: readonly Group[],
  sample: Sample,
  options: RehearseOptions = {},
): Promise<Rehearsal> {
  const { structure } = system;
  const { signal, onProgress, clock = realClock, replicas = threadReplicas, log = silentLog } = options;
  const { deadline, events = {}, attach } = options;
  const total = sample.arrivals.length;
  const deployment = emulatedDeployment(system, groups);
  const emulated = new EmulatedReplicas(replicas, clock, (stage, hardware) =>
    system.timesOf(stage, hardware),
  );
  const engine = await Engine.start(
    emulatedPipeline(structure, sample.seed, closedStages(structure, sample)),
    {
      deployment,
      replicas: emulated,
      clock,
      log,
      events,
      ...(deadline !== undefined && { deadline, forecast: forecastOf(system) }),
      // What a simulation takes in, the rehearsal does too.
      limits: {
        queries: total,
        queue: Infinity,
        bytes: Infinity,
        items: Math.max(defaultLimits.items, ...structure.fanOuts.map(({ width }) => width)),
      },
    },
  );
  const detach = attach?.(engine);
  try {
    const draws = new QueryDraws(structure, sample.seed);
    const stages = structure.stages.map(({ name }): StageWork => ({ name, items: 0, queue: 0, service: 0 }));
    let done = 0;
    const replayed = await replay(sample.arrivals, {
      clock: options.clock ?? preciseClock,
      lead,
      infer: inputs => engine.infer(inputs).catch(givenUp),
      inputsOf: query => {
        draws.draw(query);
        return { ...inputsOf(structure, draws) };
      },
      answered: (_, result) => {
        for (const [index, { items, queue, service }] of result?.stages.entries() ?? []) {
          const stage = stages[index]!;
          stage.items += items;
          stage.queue += queue;
          stage.service += service;
        }
        onProgress?.(++done, total);
      },
      signal,
    });
    return { ...replayed, stages, groups: workOf(deployment, emulated) };
  } finally {
    detach?.();
    await engine.close(0);
  }
}

/** Of a query that was not answered in time, or would not have been, there is no result. */
function givenUp(error: unknown): null {
  if (error instanceof MillraceError && (error.code === 'deadline-exceeded' || error.code === 'overloaded'))
    return null;
  throw error;
}
