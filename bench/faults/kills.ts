/** `kill -9` of replicas under load; beside it, an engine that is started again as a whole when one is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, loadPipeline, type Deployment, type EngineOptions } from '../../engine/index.ts';
import { projectFile } from '../bench.ts';
import { showProgress } from '../report.ts';
import { children } from './children.ts';
import { Traffic } from './traffic.ts';

/** Queries per second. */
const rate = 60;
const replicas = 3;

export interface Kills {
  kills: number;
  asked: number;
  /** Failed, or never ended. */
  lost: number;
  mixed: number;
  late: number;
  /** Milliseconds from each kill until the group has all its replicas again, ready for work. */
  recovery: number[];
}

export type Policy = 'replace' | 'restart';

const deployment: Deployment = ['prepare', 'model'].map(stage => ({
  name: stage,
  stages: [stage],
  pools: [
    {
      hardware: 'cpu',
      device: 'cpu',
      threads: 1,
      batch: 4,
      replicas: stage === 'model' ? replicas : 1,
      maxWait: 0,
    },
  ],
}));

function live(engine: Engine): number {
  const pools = engine.status().groups.find(({ name }) => name === 'model')!.pools;
  return pools.reduce((sum, { idle, busy }) => sum + idle + busy, 0);
}

/** Looks every two milliseconds whether something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

export async function measureKills(policy: Policy, kills: number): Promise<Kills> {
  const pipeline = await loadPipeline(projectFile('bench/faults/faults.yaml'));
  let isNoticed = false;
  const options: EngineOptions = { deployment, events: { replicaLost: () => (isNoticed = true) } };
  let engine = await Engine.start(pipeline, options);
  const traffic = new Traffic({ ask: text => engine.infer({ text }) });
  const over = new AbortController();
  const sent = traffic.send(rate, over.signal);
  const recovery: number[] = [];
  try {
    for (let kill = 1; kill <= kills; kill++) {
      showProgress(`${policy}: kill ${kill} of ${kills}…`);
      await sleep(200 + Math.random() * 500);
      const pids = children();
      isNoticed = false;
      const start = performance.now();
      process.kill(pids[Math.floor(Math.random() * pids.length)]!, 'SIGKILL');
      await until(() => isNoticed);
      if (policy === 'restart') {
        await engine.close(0);
        engine = await Engine.start(pipeline, options);
      }
      await until(() => live(engine) === replicas);
      recovery.push(performance.now() - start);
    }
  } finally {
    over.abort();
    await sent;
    await engine.close();
  }
  const { asked, late } = traffic;
  const [answered, mixed] = [traffic.count('answered'), traffic.count('mixed')];
  return { kills, asked, lost: asked - answered - mixed, mixed, late, recovery };
}
