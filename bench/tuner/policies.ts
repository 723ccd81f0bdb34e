/** What becomes of a case's queries under a policy, in the real engine with emulated stages. */
import {
  emulatedDeployment,
  EngineTuner,
  localReplicas,
  planInThread,
  realClock,
  rehearse,
  threadReplicas,
  VirtualClock,
  type Clock,
  type ReplicaFactory,
} from '../../engine/index.ts';
import type { Group } from '../../pipelines/index.ts';
import { costOf, type Sample } from '../../planner/index.ts';
import { plan } from '../planner/quality.ts';
import type { TunerCase } from './cases.ts';

export type Policy = 'tuner' | 'mean' | 'peak';

export interface Row {
  case: string;
  policy: Policy;
  queries: number;
  /** Share of the queries that were not answered within the objective. */
  misses: number;
  /** US dollars per hour on average. */
  cost: number;
  /** Seconds after each step until the queries of the next five are within the objective again; null: never. */
  back: readonly (number | null)[];
}

/** Milliseconds that a replica takes to start: InferLine's frameworks take five seconds, threads here less than one. */
const startUp = 1000;
/** Milliseconds of a search for a plan. */
const budget = 8000;

/** Milliseconds within which nearly all queries must be within the objective, for it to be met again. */
const steady = 5000;

/** Replicas that take a while to start. */
function slowly(factory: ReplicaFactory, clock: Clock): ReplicaFactory {
  return {
    async start(spec) {
      await new Promise<void>(resolve => clock.at(clock.now() + startUp, resolve));
      return factory.start(spec);
    },
  };
}

/** The cheapest plan for these arrivals. */
export function sizeFor({ name, system, slo }: TunerCase, samples: readonly Sample[]): readonly Group[] {
  const found = plan({ name, system, samples, slo, most: 64 }, true, budget);
  if (!found) throw new Error(`no plan for ${name}`);
  return found.groups;
}

/**
 * Replays the case's arrivals.
 *
 * @param groups of the plan that runs, at first
 * @param inRealTime on threads; otherwise in virtual time, with replicas in this thread
 */
export async function play(
  of: TunerCase,
  policy: Policy,
  groups: readonly Group[],
  inRealTime = false,
): Promise<Row> {
  const { system, slo, sample, steps } = of;
  const virtual = inRealTime ? null : new VirtualClock();
  const clock = virtual ?? realClock;
  const { limit } = slo[0]!;
  const tuner = policy === 'tuner' ? tunerOf(of, groups, clock) : null;
  let cost = costOf(system, groups)!;
  const played = rehearse(system, groups, sample, {
    ...(virtual && { clock }),
    replicas: slowly(virtual ? localReplicas(virtual) : threadReplicas, clock),
    deadline: limit,
    ...(tuner && {
      events: tuner,
      attach: engine => {
        tuner.attach(engine);
        return () => {
          ({ cost } = tuner);
          tuner.close();
        };
      },
    }),
  });
  const { latencies } = await (virtual ? virtual.until(played) : played);
  return {
    case: of.name,
    policy,
    queries: latencies.length,
    misses: latencies.filter(latency => latency > limit).length / latencies.length,
    cost,
    back: steps.map(step => backAfter(step, sample.arrivals, latencies, limit)),
  };
}

function tunerOf({ system, profiles, slo, planned }: TunerCase, groups: readonly Group[], clock: Clock) {
  return new EngineTuner({
    mode: 'scale',
    system,
    profiles,
    plan: { pipeline: system.pipeline.name, slo, groups },
    planned,
    deploy: changed => emulatedDeployment(system, changed),
    planAnew: planInThread,
    clock,
    epoch: () => clock.now(),
  });
}

/** Seconds from `step` until of the queries of some seconds 99 % are within the limit. */
function backAfter(
  step: number,
  arrivals: Float64Array,
  latencies: Float64Array,
  limit: number,
): number | null {
  const last = arrivals.at(-1)! - steady;
  for (let from = step; from <= last; from += 100) {
    let [queries, met] = [0, 0];
    for (let query = 0; query < arrivals.length; query++) {
      if (arrivals[query]! < from || arrivals[query]! >= from + steady) continue;
      queries++;
      if (latencies[query]! <= limit) met++;
    }
    if (met >= 0.99 * queries) return (from - step) / 1000;
  }
  return null;
}
