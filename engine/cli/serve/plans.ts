/** Which plan each served pipeline runs. */
import { availableParallelism } from 'node:os';
import { loadPlan, type BoundPipeline, type Plan } from '../../../pipelines/index.ts';
import { defaultDeployment, deployPlan, type Deployment } from '../../index.ts';
import { cacheFolder, KeptFiles } from '../../profiler/kept-files.ts';
import { MachinePlan, obstacleOf } from '../../profiler/machine-plan.ts';
import { say, textOption, UsageError, type Arguments } from '../command.ts';
import { readDeployment } from '../deployment-options.ts';

export interface Planned {
  deployment: Deployment;
  /** Null: the default by a written rule. */
  plan: Plan | null;
  /** For people. */
  words: string;
}

export const planHelp = `\
  --plan FILE             run this plan; given once for each pipeline that has one, found by the name in it
  --plan auto             plans for this machine, where measurements of it are kept in the user's cache folder
  --hardware NAME|FILE    the hardware every stage runs on, or a file that says what the plans' hardware is
`;

export const planOptions = {
  plan: { type: 'string', multiple: true },
  hardware: { type: 'string' },
} as const;

/** The plan that was made for this machine, if one was and it holds the SLO. */
async function machinePlan(pipeline: BoundPipeline): Promise<Planned> {
  const cores = availableParallelism();
  const machine = new MachinePlan(pipeline, new KeptFiles(cacheFolder(), pipeline), {
    cores,
    warn: message => say(`warning: ${message}`),
  });
  const plan = await machine.read();
  if (!plan || obstacleOf(plan) !== undefined) {
    const words = `the default for ${cores} cores`;
    return { deployment: defaultDeployment(pipeline, { cores }), plan: null, words };
  }
  return { deployment: deployPlan(pipeline, plan), plan, words: `${machine.path}, made for this machine` };
}

/**
 * The plan of each pipeline, in their order.
 * @throws UsageError if a plan is of none of them; what is wrong with a file
 */
export async function readPlans(args: Arguments, pipelines: readonly BoundPipeline[]): Promise<Planned[]> {
  const files = (args.values['plan'] as string[] | undefined) ?? [];
  const hardware = textOption(args, 'hardware');
  if (files.includes('auto')) {
    if (files.length > 1 || hardware !== undefined)
      throw new UsageError('--plan auto goes with no other --plan and no --hardware');
    return Promise.all(pipelines.map(machinePlan));
  }
  const fileOf = new Map<string, string>();
  for (const file of files) {
    const { pipeline } = await loadPlan(file);
    if (fileOf.has(pipeline)) throw new UsageError(`--plan gives two plans for "${pipeline}"`);
    if (!pipelines.some(({ name }) => name === pipeline))
      throw new UsageError(`${file} is a plan for "${pipeline}", which is not served`);
    fileOf.set(pipeline, file);
  }
  return Promise.all(
    pipelines.map(async (pipeline): Promise<Planned> => {
      const file = fileOf.get(pipeline.name);
      const isOfPlans = fileOf.size > 0 && file === undefined && /\.ya?ml$/.test(hardware ?? '');
      const deployment = await readDeployment(pipeline, file, isOfPlans ? undefined : hardware);
      const plan = file === undefined ? null : await loadPlan(file, pipeline);
      return { deployment, plan, words: file ?? `the default for ${availableParallelism()} cores` };
    }),
  );
}
