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
  firstObserved,
  makeSystem,
  type Profile,
  type Sample,
  type System,
} from '../../planner/index.ts';
import { projectFile } from '../bench.ts';
import { showProgress } from '../report.ts';
import { openLoop } from './open-loop.ts';

/** Milliseconds that profiling one pipeline may take, and that replaying its arrivals takes about. */
const [profileTime, replayTime] = [60_000, 20_000];
/** Milliseconds for which the client alone is measured, and the fewest queries that it sends in them. */
const sendingFor = 3000;
const fewestSent = 100;
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

/** The engine's own groups, each on one-thread replicas: as many as there are cores, with batches that all profiles have. */
export function groupsOf(pipeline: BoundPipeline, profiles: readonly Profile[]): Group[] {
  return defaultDeployment(pipeline, { cores, hardware: { name: 'cpu', device: 'cpu', threads: 1 } }).map(
    ({ name, stages, pools }) => {
      const largestOf = (stage: string) => profiles.map(({ stages }) => stages[stage]!.batches.at(-1)!.batch);
      const largest = Math.min(...stages.flatMap(largestOf));
      const fitted = pools.map(({ batch, replicas }) => ({ batch: Math.min(batch, largest), replicas }));
      return { name, stages, pools: fitted.map(pool => ({ hardware: 'cpu', ...pool, maxWait: 0 })) };
    },
  );
}

export function systemOf(pipeline: BoundPipeline, profile: Profile): System {
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
 * is elsewhere in use, so no profile knows of that, but here it runs on the engine's cores. Where queries are few they are
 * sent sooner: what else the process does would be counted as theirs.
 */
async function sendingTime(arrivals: Float64Array): Promise<number> {
  const timeOf = async (some: Float64Array) => {
    const before = process.cpuUsage();
    await openLoop(some, async () => undefined);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const count = Math.max(fewestSent, arrivals.filter(arrival => arrival < sendingFor).length);
  const some = arrivals.slice(0, count);
  const many = some.map(arrival => arrival * Math.min(1, sendingFor / some.at(-1)!));
  const start = await timeOf(arrivals.slice(0, 1));
  return Math.max(0, (await timeOf(many)) - start) / many.length;
}

/** What was measured at one utilisation: of each run when queries were sent, and their latencies, ascending. */
export interface Replay {
  utilisation: number;
  rate: number;
  runs: readonly { sent: Float64Array; latencies: Float64Array }[];
  /** See `sendingTime`. */
  sending: number;
}

async function replayAt(
  engine: Engine,
  rate: number,
  queries: readonly Query[],
  utilisation: number,
): Promise<Replay> {
  const { name } = engine.pipeline;
  const { arrivals } = sampleAt(rate);
  // The estimator's queries go through the observed ones in this order.
  const first = firstObserved(seed, queries.length);
  const inputsOf = (query: number) => queries[(first + query) % queries.length]!;
  const measured: Replay['runs'][number][] = [];
  // The first does not count: code is still being compiled.
  for (let run = 0; run <= runs; run++) {
    showProgress(`${name}, ${utilisation} busy: run ${run} of ${runs}…`);
    const { sent, latencies } = await openLoop(arrivals, query => engine.infer(inputsOf(query)));
    // What is in shared memory does not pass between processes.
    if (run > 0) measured.push({ sent: Float64Array.from(sent), latencies: latencies.sort() });
  }
  return { utilisation, rate, runs: measured, sending: await sendingTime(arrivals) };
}

/** Arrivals at a rate. */
export function sampleAt(rate: number): Sample {
  const queries = Math.max(100, Math.round((rate * replayTime) / 1000));
  return drawSamples({ kind: 'gamma', rate, cv: 1, queries, seeds: seed })[0]!;
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

/** Replays arrivals on the engine, at the rates that a profile gives for each utilisation. */
export async function replayShipped(name: string, profile: Profile): Promise<Replay[]> {
  const pipeline = await loadPipeline(projectFile(`pipelines/${name}`));
  const queries = await sampleQueries(pipeline);
  const groups = groupsOf(pipeline, [profile]);
  const engine = await Engine.start(pipeline, {
    deployment: deployPlan(pipeline, { pipeline: pipeline.name, slo: [], groups }),
    // What a simulation takes in, the engine does too.
    limits: { queries: Infinity, queue: Infinity },
  });
  // The first of each worker is slow.
  for (const query of queries) await engine.infer(query);
  const system = systemOf(pipeline, profile);
  const replays: Replay[] = [];
  for (const utilisation of utilisations)
    replays.push(await replayAt(engine, rateAt(system, groups, utilisation), queries, utilisation));
  await engine.close();
  return replays;
}
