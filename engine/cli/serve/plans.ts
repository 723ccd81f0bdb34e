/** Which plan each served pipeline runs. */
import { availableParallelism } from 'node:os';
import { loadHardware, loadPlan, type BoundPipeline, type Plan } from '../../../pipelines/index.ts';
import { forecastOf, formatRate, makeSystem, type Forecast } from '../../../planner/index.ts';
import { defaultDeployment, deployPlan, type Deployment } from '../../index.ts';
import { cacheFolder, KeptFiles } from '../../profiler/kept-files.ts';
import { MachinePlan, obstacleOf } from '../../profiler/machine-plan.ts';
import { say, textOption, UsageError, type Arguments } from '../command.ts';
import { isFile, readDeployment } from '../deployment-options.ts';
import { readForecasts } from './deadlines.ts';
import { readSamples } from '../profiling/sample-inputs.ts';

export interface Planned {
  deployment: Deployment;
  /** Null: the default by a written rule. */
  plan: Plan | null;
  /** What profiles say of how long its stages take; null: nothing. */
  forecast: Forecast | null;
  /** For people. */
  words: string;
}

export interface Plans {
  /** In the order of the pipelines. */
  planned: Planned[];
  /** Files of the pipelines that this machine is to be measured for, while there is nothing to answer; mostly none. */
  unmeasured: readonly string[];
}

export const planHelp = `\
  --plan FILE             run this plan; given once for each pipeline that has one, found by the name in it
  --plan auto             plans that suit this machine, made from measurements kept in the user's cache folder; as long
                          as there are none the defaults, and the machine is measured while there is nothing to answer
  --profile-budget T      time for that (default "60 s"; "0 s": no measuring)
  --hardware NAME|FILE    the hardware every stage runs on, or a file that says what the plans' hardware is
`;

export const planOptions = {
  plan: { type: 'string', multiple: true },
  'profile-budget': { type: 'string' },
  hardware: { type: 'string' },
} as const;

function usual(pipeline: BoundPipeline, why = ''): Planned {
  const cores = availableParallelism();
  return {
    deployment: defaultDeployment(pipeline, { cores }),
    plan: null,
    forecast: null,
    words: `the default for ${cores} cores${why}`,
  };
}

/** What keeps a pipeline from having a plan made for it; undefined if nothing does. */
async function obstacleTo(pipeline: BoundPipeline): Promise<string | undefined> {
  if (pipeline.slo.length === 0) return 'it has no latency objective to plan for';
  return readSamples(pipeline, []).then(
    () => undefined,
    () => 'there are no samples beside it to measure it with',
  );
}

/** What was measured of a pipeline on this machine; null where something was not. */
function forecastHere(machine: MachinePlan): (pipeline: BoundPipeline) => Promise<Forecast | null> {
  return async pipeline => {
    const profiles = await machine.profilesOf(pipeline);
    return profiles && forecastOf(makeSystem(pipeline, profiles, machine.hardware));
  };
}

/** The plans that were made for this machine, where they were and hold the SLO; the pipelines share it. */
async function machinePlans(pipelines: readonly BoundPipeline[]): Promise<Plans> {
  const obstacles = await Promise.all(pipelines.map(obstacleTo));
  const planable = pipelines.filter((_, index) => obstacles[index] === undefined);
  const machine = new MachinePlan(
    planable.map(pipeline => ({ pipeline, files: new KeptFiles(cacheFolder(), pipeline) })),
    { cores: availableParallelism(), warn: message => say(`warning: ${message}`) },
  );
  const plans = planable.length > 0 ? await machine.read() : null;
  const forecasts = await Promise.all(planable.map(forecastHere(machine)));
  const planned = pipelines.map((pipeline, place): Planned => {
    if (obstacles[place] !== undefined) return usual(pipeline, `, since ${obstacles[place]}`);
    const index = planable.indexOf(pipeline);
    const plan = plans?.[index];
    if (!plan) return usual(pipeline, ', since this machine is not measured yet');
    const obstacle = obstacleOf(plan);
    if (obstacle !== undefined) return usual(pipeline, `, since none meets the SLO here: ${obstacle}`);
    const rate = formatRate(plan.workload?.rate ?? 0);
    const words = `for ${rate} within the SLO on this machine (${machine.paths[index]})`;
    return { deployment: deployPlan(pipeline, plan), plan, forecast: forecasts[index] ?? null, words };
  });
  return { planned, unmeasured: plans ? [] : planable.map(({ file }) => file) };
}

/**
 * The plan of each pipeline.
 * @throws UsageError if a plan is of none of them; what is wrong with a file
 */
export async function readPlans(args: Arguments, pipelines: readonly BoundPipeline[]): Promise<Plans> {
  const files = (args.values['plan'] as string[] | undefined) ?? [];
  const hardware = textOption(args, 'hardware');
  if (files.includes('auto')) {
    if (files.length > 1 || hardware !== undefined)
      throw new UsageError('--plan auto goes with no other --plan and no --hardware');
    if (args.values['profile'] !== undefined)
      throw new UsageError('--plan auto has profiles of its own: leave out --profile');
    return machinePlans(pipelines);
  }
  if (textOption(args, 'profile-budget') !== undefined)
    throw new UsageError('--profile-budget goes with --plan auto');
  const hardwareFile = isFile(hardware) ? await loadHardware(hardware) : undefined;
  const forecasts = await readForecasts(args, pipelines, hardwareFile);
  const fileOf = new Map<string, string>();
  for (const file of files) {
    const { pipeline } = await loadPlan(file);
    if (fileOf.has(pipeline)) throw new UsageError(`--plan gives two plans for "${pipeline}"`);
    if (!pipelines.some(({ name }) => name === pipeline))
      throw new UsageError(`${file} is a plan for "${pipeline}", which is not served`);
    fileOf.set(pipeline, file);
  }
  const planned = await Promise.all(
    pipelines.map(async (pipeline): Promise<Planned> => {
      const file = fileOf.get(pipeline.name);
      const isOfPlans = fileOf.size > 0 && file === undefined && isFile(hardware);
      const deployment = await readDeployment(pipeline, file, isOfPlans ? undefined : hardware);
      const plan = file === undefined ? null : await loadPlan(file, pipeline);
      const forecast = forecasts.get(pipeline.name) ?? null;
      return { deployment, plan, forecast, words: file ?? usual(pipeline).words };
    }),
  );
  return { planned, unmeasured: [] };
}
