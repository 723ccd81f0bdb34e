/** A pipeline of timed stages, run twice: by the engine in virtual time, and by the simulation. */
import { deployPlan, Engine, localReplicas } from '../../../engine/index.ts';
import type { QueryResult } from '../../../engine/index.ts';
import type { BoundPipeline, Group, Hardware } from '../../../pipelines/index.ts';
import type { Profile } from '../../../planner/profile/profile.ts';
import { firstObserved } from '../../../planner/simulation/query-draws.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { deploy, makeSystem } from '../../../planner/system.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import type { RandomStage } from './random-pipeline.ts';
import { seed, spread } from './timed.ts';

export const hardware: Hardware = {
  types: { cpu: { device: 'cpu', threads: 1, price: 1 }, 'cpu-2': { device: 'cpu', threads: 2, price: 2 } },
  limits: {},
  hosts: {},
};

/** Other groups from some moment on, in milliseconds. */
export interface PlanChange {
  time: number;
  groups: readonly Group[];
}

/** What the engine answers to queries that come at these times. */
export async function runEngine(
  pipeline: BoundPipeline,
  groups: readonly Group[],
  arrivals: Float64Array,
  changes: readonly PlanChange[] = [],
): Promise<QueryResult[]> {
  const clock = new VirtualClock();
  const deploymentOf = (of: readonly Group[]) =>
    deployPlan(pipeline, { pipeline: pipeline.name, slo: pipeline.slo, groups: of }, hardware.types);
  const deployment = deploymentOf(groups);
  const engine = await Engine.start(pipeline, { clock, replicas: localReplicas(clock), deployment });
  for (const change of changes) clock.at(change.time, () => void engine.apply(deploymentOf(change.groups)));
  const answers = [...arrivals].map(
    time =>
      new Promise<QueryResult>((resolve, reject) => {
        clock.at(time, () => void engine.infer({ text: 'x' }).then(resolve, reject));
      }),
  );
  for (const change of changes) {
    await clock.advanceTo(change.time);
    // What a new replica loads takes real time, for which the clock stands still.
    await engine.apply(deploymentOf(change.groups));
  }
  return clock.until(Promise.all(answers));
}

/** Profiles of timed stages that saw the queries of these answers. */
function profilesOf(stages: readonly RandomStage[], answers: readonly QueryResult[]): Profile[] {
  // Query 0 of the simulation is to be like answer 0.
  const first = firstObserved(seed, answers.length);
  const samplesOf = (name: string): number[] => {
    const samples: number[] = [];
    for (const [query, answer] of answers.entries())
      samples[(first + query) % answers.length] = answer.stages.find(stage => stage.name === name)!.items;
    return samples;
  };
  return Object.keys(hardware.types).map((type, threads) => ({
    pipeline: 'test',
    hardware: type,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(
      stages.map(({ name, params }) => {
        const samples = samplesOf(name);
        const mean = samples.reduce((sum, count) => sum + count, 0) / samples.length;
        const batches = params.latency[threads]!.map((least, at) => ({
          batch: at + 1,
          mean: least + spread / 2,
          quantiles: [
            { percentage: 0, time: least },
            { percentage: 100, time: least + spread },
          ],
        }));
        return [name, { scale: { mean, samples }, batches }];
      }),
    ),
  }));
}

/** What the simulation says of the same. */
export function runSimulation(
  pipeline: BoundPipeline,
  stages: readonly RandomStage[],
  groups: readonly Group[],
  arrivals: Float64Array,
  answers: readonly QueryResult[],
  changes: readonly PlanChange[] = [],
) {
  const system = makeSystem(pipeline, profilesOf(stages, answers), hardware);
  const replacements = changes.map(({ time, groups: of }) => ({ time, groups: deploy(system, of).groups }));
  return simulate(system.structure, deploy(system, groups), { seed, arrivals }, { changes: replacements });
}
