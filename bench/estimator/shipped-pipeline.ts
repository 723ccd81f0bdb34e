/**
 * Profiling a pipeline that ships, and replaying arrivals on it with its real models. Each is done in a process of its
 * own, as `millrace profile` and `millrace serve` are: what one leaves in memory would be garbage that the other collects.
 */
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
import { projectFile } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';
import { openLoop } from './open-loop.ts';
import { percentilesOf, type Row } from './row.ts';

/** Milliseconds that profiling one pipeline may take, and that replaying its arrivals takes about. */
const [profileTime, replayTime] = [60_000, 20_000];
/** Milliseconds for which the client alone is measured. */
const sendingFor = 3000;
const runs = 3;
const utilisations = [0.3, 0.6];
const seed = 1;
const cores = cpus().length;

type Query = Readonly<Record<string, InputValue>>;

/** The sample queries that a pipeline answers. */
async function sampleQueries(pipeline: BoundPipeline): Promise<Query[]> {
  const engine = await Engine.start(pipeline, { deployment: defaultDeployment(pipeline, { cores: 1 }) });
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
  await engine.close();
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
 * thread with a batch to itself for each item in each group: beside light stages that is not little.
 */
function rateAt(
  { structure, engine, ...system }: System,
  groups: readonly Group[],
  utilisation: number,
): number {
  const { query, hop, item = 0 } = engine;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const means = new Map(structure.stages.map(({ name, scale }) => [name, scale.mean]));
  const inStages = sum(
    [...means].map(
      ([name, items]) => items * system.timesOf(name, 'cpu')!.mean(1) * system.threadsOf([name], 'cpu'),
    ),
  );
  const items = sum(groups.map(({ stages }) => Math.max(...stages.map(stage => means.get(stage)!))));
  return (1000 * cores * utilisation) / (inStages + query + items * (hop + item));
}

/**
 * Processor milliseconds that sending a query takes: the client's thread, and handing it over to the engine's. A client
 * is elsewhere in use, so no profile knows of that, but here it runs on the engine's cores.
 */
async function sendingTime(arrivals: Float64Array): Promise<number> {
  const timeOf = async (some: Float64Array) => {
    const before = process.cpuUsage();
    await openLoop(some, async () => undefined);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const many = arrivals.filter(arrival => arrival < sendingFor);
  const start = await timeOf(arrivals.slice(0, 1));
  return Math.max(0, (await timeOf(many)) - start) / many.length;
}

async function measureCell(
  engine: Engine,
  system: System,
  groups: readonly Group[],
  queries: readonly Query[],
  utilisation: number,
): Promise<Row> {
  const { engine: engineCost, pipeline } = system;
  const { name } = pipeline;
  const rate = rateAt(system, groups, utilisation);
  const count = Math.max(100, Math.round((rate * replayTime) / 1000));
  const [sample] = drawSamples({ kind: 'gamma', rate, cv: 1, queries: count, seeds: seed }) as [Sample];
  // The estimator's queries go through the observed ones in this order.
  const first = firstObserved(seed, queries.length);
  const inputsOf = (query: number) => queries[(first + query) % queries.length]!;
  const arrivals: Float64Array[] = [];
  const measured: Float64Array[] = [];
  // The first does not count: code is still being compiled.
  for (let run = 0; run <= runs; run++) {
    showProgress(`${name}, ${utilisation} busy: run ${run} of ${runs}…`);
    const { sent, latencies } = await openLoop(sample.arrivals, query => engine.infer(inputsOf(query)));
    if (run === 0) continue;
    measured.push(latencies.sort());
    arrivals.push(sent);
  }
  // Afterwards, so that a simulation's garbage is collected during no run.
  const query = engineCost.query + (await sendingTime(sample.arrivals));
  const withClient = { ...system, engine: { ...engineCost, query } };
  const predicted = arrivals.map(
    sent => estimate(withClient, groups, [{ ...sample, arrivals: sent }], []).latencies,
  );
  const all = (of: readonly Float64Array[], percentile: number) =>
    of.map(latencies => percentileOf(latencies, percentile));
  return {
    pipeline: name,
    rate: figure(rate),
    cv: 1,
    utilisation,
    predicted: percentilesOf(percentile => median(all(predicted, percentile))),
    measured: percentilesOf(percentile => median(all(measured, percentile))),
    floor: percentilesOf(percentile => {
      const [first, second] = all(measured, percentile) as [number, number];
      return Math.abs(second / first - 1);
    }),
  };
}

/** Profiles a pipeline on this machine. */
export async function profileShipped(name: string): Promise<Profile> {
  const pipeline = await loadPipeline(projectFile(`pipelines/${name}`));
  showProgress(`${name}: profiling…`);
  const samples = (await sampleQueries(pipeline)).map((inputs, index) => ({ label: String(index), inputs }));
  const hardware = { name: 'cpu', device: 'cpu' as const, threads: 1 };
  const { profile } = await profilePipeline(pipeline, samples, { hardware, budget: profileTime });
  if (!profile) throw new Error(`${name} could not be profiled in time`);
  return profile;
}

/** Replays arrivals at each utilisation on the engine, and predicts it from a profile. */
export async function replayShipped(name: string, profile: Profile): Promise<Row[]> {
  const pipeline = await loadPipeline(projectFile(`pipelines/${name}`));
  const queries = await sampleQueries(pipeline);
  const groups = groupsOf(pipeline, profile);
  const engine = await Engine.start(pipeline, {
    deployment: deployPlan(pipeline, { pipeline: pipeline.name, slo: [], groups }),
    // What a simulation takes in, the engine does too.
    limits: { queries: Infinity, queue: Infinity },
  });
  // The first of each worker is slow.
  for (const query of queries) await engine.infer(query);
  const system = systemOf(pipeline, profile);
  const rows: Row[] = [];
  for (const utilisation of utilisations)
    rows.push(await measureCell(engine, system, groups, queries, utilisation));
  await engine.close();
  return rows;
}
