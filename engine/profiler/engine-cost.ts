/**
 * What the engine itself costs, measured on a pipeline of stages that do next to nothing.
 *
 * Main-thread time is that in which its event loop was active. Queries go through one group and through two, with so
 * many in flight that the loop has always something to do, and never looks out for a lone batch: a query with one group
 * costs query + hop, one with two query + 2 hop, and the difference tells them apart. The least of several rounds
 * counts, since whatever else the machine does only adds to it. Batches are of one item and a few bytes. What a batch
 * costs its replica is measured on a bare replica with one batch in flight: the round trip that the main thread sees, less the
 * time its stage took by the replica's clock.
 */
import { tensor } from '../../operators/index.ts';
import { checkText, type BoundPipeline } from '../../pipelines/index.ts';
import type { EngineCost } from '../../planner/index.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import { Engine } from '../runtime/engine.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import type { Budget } from './budget.ts';
import { median } from './order-statistics.ts';
import { measureCollections, measureStalls } from './pauses.ts';
import { rounded } from './repetitions.ts';
import { Trial } from './trial.ts';

const value = tensor('FP32', [4], Float32Array.of(1, 2, 3, 4));

/** Queries of one round through one engine, and how many of them are in flight. */
const queries = 200;
const inFlight = 16;

/** Rounds: at least the first few, and all of them if there is time. */
const rounds = { least: 4, most: 20 };

/** Share of the time that stalls of the machine may be watched for. */
const stallsShare = 0.5;

/** Batches sent to a bare replica; the first few don't count. */
const wakes = { warmUp: 50, count: 300 };

/** Stages in a row, of the lightest operator there is. */
async function chainOf(length: number): Promise<BoundPipeline> {
  const names = Array.from({ length }, (_, index) => `s${index}`);
  const stages = names.map((name, index) => {
    const source = index === 0 ? 'inputs.value' : `s${index - 1}.out`;
    return `  ${name}: { operator: softmax, inputs: { in: ${source} } }`;
  });
  const text = [
    'millrace: pipeline/1',
    'name: chain',
    'inputs: { value: { datatype: FP32, shape: [4] } }',
    'stages:',
    ...stages,
    `outputs: { value: ${names.at(-1)}.out }`,
  ];
  const { pipeline } = await checkText(`${text.join('\n')}\n`);
  return pipeline!;
}

async function startChain(length: number, replicas: ReplicaFactory, clock: Clock): Promise<Engine> {
  const pipeline = await chainOf(length);
  const pool = { hardware: 'cpu', device: 'cpu', threads: 1, batch: 1, replicas: 2, maxWait: 0 } as const;
  const deployment = pipeline.stages.map(({ name }) => ({ name, stages: [name], pools: [pool] }));
  return Engine.start(pipeline, { deployment, replicas, clock });
}

async function runQueries(engine: Engine, count: number): Promise<void> {
  let left = count;
  const client = async () => {
    while (left-- > 0) await engine.infer({ value });
  };
  await Promise.all(Array.from({ length: inFlight }, client));
}

/** Main-thread milliseconds per query. */
async function activeTime(engine: Engine): Promise<number> {
  const before = performance.eventLoopUtilization();
  await runQueries(engine, queries);
  return performance.eventLoopUtilization(before).active / queries;
}

async function measureMainThread(
  replicas: ReplicaFactory,
  clock: Clock,
  budget: Budget,
): Promise<Omit<EngineCost, 'wake' | 'stalls'>> {
  const engines: Engine[] = [];
  try {
    for (const length of [1, 2]) engines.push(await startChain(length, replicas, clock));
    const [one, two] = engines as [Engine, Engine];
    const least = { one: Infinity, two: Infinity };
    // In turns, so that both see the same machine.
    for (let round = 0; round < rounds.most && (round < rounds.least || !budget.isOver); round++) {
      least.one = Math.min(least.one, await activeTime(one));
      least.two = Math.min(least.two, await activeTime(two));
    }
    const hop = Math.max(0, least.two - least.one);
    const query = Math.max(0, least.one - hop);
    if (clock !== realClock) return { query, hop };
    const collections = await measureCollections(budget, count => runQueries(one, count));
    return { query, hop, ...(collections && { collections }) };
  } finally {
    await Promise.all(engines.map(engine => engine.close(0)));
  }
}

async function measureWake(replicas: ReplicaFactory, clock: Clock): Promise<number> {
  const [stage] = (await chainOf(1)).stages;
  const program = [{ stage: 0, inputs: [{ port: 'in', value: 0 }], exports: ['out'] }];
  const input = { program, values: [value], context: { query: 0, index: 0, last: true } };
  const trial = await Trial.start(stage!, [input], {
    hardware: { device: 'cpu', threads: 1 },
    replicas,
    clock,
  });
  try {
    const besides: number[] = [];
    for (let turn = 0; turn < wakes.warmUp + wakes.count; turn++) {
      const { beside } = await trial.run(1, turn);
      if (turn >= wakes.warmUp) besides.push(beside);
    }
    return Math.max(0, median(besides));
  } finally {
    await trial.close();
  }
}

/**
 * Measures the engine's own cost, and on the machine's own clock what holds its main thread up.
 * @param budget after it, no more rounds are made than are needed
 * @param turn awaited before the thread is kept busy for long
 * @returns milliseconds
 */
export async function measureEngine(
  replicas: ReplicaFactory,
  clock: Clock,
  budget: Budget,
  turn?: () => Promise<void>,
): Promise<EngineCost> {
  const stalls = clock === realClock ? await measureStalls(budget.share(stallsShare), turn) : undefined;
  const { query, hop, collections } = await measureMainThread(replicas, clock, budget);
  const wake = await measureWake(replicas, clock);
  return {
    query: rounded(query),
    hop: rounded(hop),
    wake: rounded(wake),
    ...(stalls && { stalls }),
    ...(collections && { collections }),
  };
}
