/** Any deployment of a random pipeline, and what an engine at rest says of it. */
import type { Deployment, EngineStatus } from '../../../engine/index.ts';
import { mostBatch, type RandomStage } from '../../planner/simulation/random-pipeline.ts';

/** @param choices are gone through again and again */
export function randomDeployment(stages: readonly RandomStage[], choices: readonly number[]): Deployment {
  let next = 0;
  const choose = <T>(values: readonly T[]): T => values[choices[next++ % choices.length]! % values.length]!;
  const groups: RandomStage[][] = [];
  for (const stage of stages) {
    const joinable = groups.filter(([first]) => first!.scope === stage.scope);
    const group = choose([undefined, ...joinable]);
    if (group) group.push(stage);
    else groups.push([stage]);
  }
  return groups.map(group => {
    const names = group.map(({ name }) => name);
    const threads = choose([[1], [2], [1, 2], [1]]);
    return {
      name: names.join('+'),
      stages: names,
      pools: threads.map(count => ({
        hardware: count === 1 ? 'cpu' : `cpu-${count}`,
        device: 'cpu' as const,
        threads: count,
        batch: choose([1, 2, 3, mostBatch]),
        replicas: choose([1, 1, 2, 3]),
        maxWait: choose([0, 0, 0, 5]),
      })),
    };
  });
}

/** Groups as the status shows them when nothing waits or runs. */
export function restOf(deployment: Deployment): EngineStatus['groups'] {
  return deployment.map(({ name, pools }) => ({
    name,
    waiting: 0,
    trouble: null,
    pools: pools.map(({ hardware, batch, maxWait, replicas }) => ({
      hardware,
      batch,
      maxWait,
      idle: replicas,
      busy: 0,
    })),
  }));
}
