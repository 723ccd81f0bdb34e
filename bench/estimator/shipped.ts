/** Are the pipelines that ship, with their real models, as fast as was predicted from their profiles? */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import {
  bytes,
  defaultDeployment,
  deployPlan,
  Engine,
  loadPipeline,
  profilePipeline,
  type BoundPipeline,
  type InputValue,
} from '../../engine/index.ts';
import type { Group } from '../../pipelines/index.ts';
import {
  drawSamples,
  estimate,
  firstObserved,
  makeSystem,
  percentileOf,
  type Profile,
  type Sample,
  type System,
} from '../../planner/index.ts';
import { projectFile, type BenchOptions } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';
import { openLoop } from './open-loop.ts';
import { percentilesOf, type Row } from './row.ts';

/** Milliseconds that profiling one pipeline may take, and that replaying its arrivals takes about. */
const [profileTime, replayTime] = [60_000, 20_000];
const runs = 3;
const utilisations = [0.3, 0.6];
const seed = 1;
const cores = cpus().length;

type Query = Readonly<Record<string, InputValue>>;

/** The sample queries that a pipeline answers. */
async function sampleQueries(pipeline: BoundPipeline, engine: Engine): Promise<Query[]> {
  const [input] = Object.keys(pipeline.inputs);
  const folder = `${pipeline.directory}/samples`;
  const queries: Query[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.json')) continue;
    const query = { [input!]: bytes([readFileSync(`${folder}/${name}`)]) };
    const answered = await engine.infer(query).then(
      () => true,
      () => false,
    );
    if (answered) queries.push(query);
  }
  return queries;
}

/** The engine's own groups, each on one-thread replicas: as many as there are cores, with batches that were measured. */
function groupsOf(pipeline: BoundPipeline, profile: Profile): Group[] {
  return defaultDeployment(pipeline, { cores, hardware: { name: 'cpu', device: 'cpu', threads: 1 } }).map(
    ({ name, stages, pools }) => {
      const largest = Math.min(...stages.map(stage => profile.stages[stage]!.batches.at(-1)!.batch));
      const fitted = pools.map(({ batch, replicas }) => ({ batch: Math.min(batch, largest), replicas }));
      return { name, stages, pools: fitted.map(pool => ({ hardware: 'cpu', ...pool, maxWait: 0 })) };
    },
  );
}

function systemOf(pipeline: BoundPipeline, profile: Profile): System {
  const types = { cpu: { device: 'cpu' as const, threads: 1 } };
  return makeSystem(pipeline, [profile], { types, limits: {}, hosts: { here: { cores, types: ['cpu'] } } });
}

/**
 * Rate at which the machine's cores are so busy, from what a query takes of them in its stages, and on the engine's own
 * thread with a batch to itself in each group: beside light stages that is not little.
 */
function rateAt(system: System, groups: readonly Group[], utilisation: number): number {
  const inStages = system.structure.stages.reduce(
    (sum, { name, scale }) =>
      sum + scale.mean * system.timesOf(name, 'cpu')!.mean(1) * system.threadsOf([name], 'cpu'),
    0,
  );
  const { query, hop } = system.engine;
  return (1000 * cores * utilisation) / (inStages + query + groups.length * hop);
}

async function measureCell(
  engine: Engine,
  system: System,
  groups: readonly Group[],
  queries: readonly Query[],
  utilisation: number,
): Promise<Row> {
  const { name } = system.pipeline;
  const rate = rateAt(system, groups, utilisation);
  const count = Math.max(100, Math.round((rate * replayTime) / 1000));
  const [sample] = drawSamples({ kind: 'gamma', rate, cv: 1, queries: count, seeds: seed }) as [Sample];
  const predicted = estimate(system, groups, [sample], []).latencies;
  // The estimator's queries go through the observed ones in this order.
  const first = firstObserved(seed, queries.length);
  const inputsOf = (query: number) => queries[(first + query) % queries.length]!;
  const measured: Float64Array[] = [];
  // The first does not count: code is still being compiled.
  for (let run = 0; run <= runs; run++) {
    showProgress(`${name}, ${utilisation} busy: run ${run} of ${runs}…`);
    const latencies = await openLoop(sample.arrivals, query => engine.infer(inputsOf(query)));
    if (run > 0) measured.push(latencies.sort());
  }
  const all = (percentile: number) => measured.map(latencies => percentileOf(latencies, percentile));
  return {
    pipeline: name,
    rate: figure(rate),
    cv: 1,
    utilisation,
    predicted: percentilesOf(percentile => percentileOf(predicted, percentile)),
    measured: percentilesOf(percentile => median(all(percentile))),
    floor: percentilesOf(percentile => Math.abs(all(percentile)[1]! / all(percentile)[0]! - 1)),
  };
}

/** Profiles a pipeline on this machine, then replays arrivals on the engine with its real models. */
async function measurePipeline(name: string): Promise<Row[]> {
  const pipeline = await loadPipeline(projectFile(`pipelines/${name}`));
  const engine = await Engine.start(pipeline, { deployment: defaultDeployment(pipeline, { cores: 1 }) });
  const queries = await sampleQueries(pipeline, engine);
  await engine.close();
  showProgress(`${name}: profiling…`);
  const labelled = queries.map((inputs, index) => ({ label: String(index), inputs }));
  const hardware = { name: 'cpu', device: 'cpu' as const, threads: 1 };
  const { profile } = await profilePipeline(pipeline, labelled, { hardware, budget: profileTime });
  if (!profile) throw new Error(`${name} could not be profiled in time`);
  const groups = groupsOf(pipeline, profile);
  const running = await Engine.start(pipeline, {
    deployment: deployPlan(pipeline, { pipeline: pipeline.name, slo: [], groups }),
    // What a simulation takes in, the engine does too.
    limits: { queries: Infinity, queue: Infinity },
  });
  // The first of each worker is slow.
  for (const query of queries) await running.infer(query);
  const system = systemOf(pipeline, profile);
  const rows: Row[] = [];
  for (const utilisation of utilisations)
    rows.push(await measureCell(running, system, groups, queries, utilisation));
  await running.close();
  return rows;
}

/** The same for each pipeline that ships. */
export async function measureShipped({ quick }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of quick ? [] : ['ocr', 'fashion', 'speech']) rows.push(...(await measurePipeline(name)));
  return rows;
}
