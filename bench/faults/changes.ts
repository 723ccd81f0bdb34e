/** Live changes of plan under load; beside them, an engine that is stopped and started again for each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, loadPipeline, type Deployment } from '../../engine/index.ts';
import { projectFile } from '../bench.ts';
import { showProgress } from '../report.ts';
import { Traffic } from './traffic.ts';

/** Queries per second. */
const rate = 50;
/** Milliseconds between two changes, at most. */
const pause = 200;

export interface Changes {
  changes: number;
  asked: number;
  failed: number;
  /** Never ended. */
  lost: number;
  mixed: number;
  late: number;
}

const between = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1));

/** Any grouping, replicas and batch sizes. */
function anyDeployment(): Deployment {
  const groups = Math.random() < 0.5 ? [['prepare'], ['model']] : [['prepare', 'model']];
  return groups.map(stages => ({
    name: stages.join('+'),
    stages,
    pools: [
      {
        hardware: 'cpu',
        device: 'cpu',
        threads: 1,
        batch: between(1, 8),
        replicas: between(1, 3),
        maxWait: between(0, 1) * 2,
      },
    ],
  }));
}

type Change = (engine: Engine, deployment: Deployment) => Promise<Engine>;

export const policies = {
  live: async (engine, deployment) => {
    await engine.apply(deployment);
    return engine;
  },
  restart: async (engine, deployment) => {
    await engine.close();
    return Engine.start(engine.pipeline, { deployment });
  },
} satisfies Record<string, Change>;

export async function measureChanges(policy: keyof typeof policies, changes: number): Promise<Changes> {
  const pipeline = await loadPipeline(projectFile('bench/faults/changing.yaml'));
  let engine = await Engine.start(pipeline, { deployment: anyDeployment() });
  const traffic = new Traffic({ ask: text => engine.infer({ text }) });
  const over = new AbortController();
  const sent = traffic.send(rate, over.signal);
  try {
    for (let change = 1; change <= changes; change++) {
      showProgress(`${policy}: change ${change} of ${changes}…`);
      engine = await policies[policy](engine, anyDeployment());
      await sleep(between(0, pause));
    }
  } finally {
    over.abort();
    await sent;
    await engine.close();
  }
  const { asked, ended, late } = traffic;
  const [answered, mixed] = [traffic.count('answered'), traffic.count('mixed')];
  return { changes, asked, failed: ended - answered - mixed, lost: asked - ended, mixed, late };
}
