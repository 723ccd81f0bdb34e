/** What `plan` and `estimate` work on, and what both do with a plan. */
import { basename } from 'node:path';
import {
  loadPlan,
  loadStructure,
  type HardwareOptions,
  type Objective,
  type Pipeline,
  type Plan,
} from '../../pipelines/index.ts';
import {
  deploy,
  drawSamples,
  estimate,
  makeSystem,
  type Profile,
  type ReportPlan,
  type Sample,
  type System,
  type Workload,
} from '../../planner/index.ts';
import { textOption, UsageError, type Arguments } from './command.ts';
import { resolvePipeline } from './pipeline-path.ts';
import { readHardware, readSlo } from './planner-inputs.ts';
import { readProfiles } from './profile-files.ts';
import { countedProfiles } from './recorded-counts.ts';
import { readWorkload } from './workload-options.ts';

export interface Planning {
  system: System;
  /** What the system is made of. */
  profiles: readonly Profile[];
  workload: Workload;
  samples: readonly Sample[];
  slo: readonly Objective[];
  /** The plan asked for by `--plan`, and the one by `--compare`, and their paths. */
  plan: NamedPlan | undefined;
  other: NamedPlan | undefined;
}

export interface NamedPlan {
  path: string;
  plan: Plan;
}

/**
 * Reads the pipeline and all files that the options name.
 *
 * @throws UsageError, PipelineError or MillraceError for whatever is missing or wrong
 */
export async function readPlanning(args: Arguments, options: HardwareOptions = {}): Promise<Planning> {
  const [path, ...extra] = args.positionals;
  if (path === undefined || extra.length > 0) throw new UsageError('one pipeline is taken');
  const pipeline = await loadStructure(resolvePipeline(path));
  const plan = await readNamed(args, 'plan', pipeline);
  const other = await readNamed(args, 'compare', pipeline);
  const workload = await readWorkload(args, plan?.plan, { pipeline: pipeline.name });
  const slo = readSlo(args, plan && plan.plan.slo.length > 0 ? plan.plan : pipeline);
  const { profiles, hardware } = await readProfiles(args, pipeline, await readHardware(args, options));
  const counted = countedProfiles(args, pipeline, workload, profiles);
  const system = makeSystem(pipeline, counted, hardware);
  // What is wrong with a plan shows now, and not after a search.
  for (const named of [plan, other]) if (named) deploy(system, named.plan.groups);
  return { system, profiles: counted, workload, samples: drawSamples(workload), slo, plan, other };
}

async function readNamed(
  args: Arguments,
  option: string,
  pipeline: Pipeline,
): Promise<NamedPlan | undefined> {
  const path = textOption(args, option);
  return path === undefined ? undefined : { path, plan: await loadPlan(path, pipeline) };
}

/** A plan of a file with its estimate, named by the file. */
export function estimateNamed({ system, samples, slo }: Planning, { path, plan }: NamedPlan): ReportPlan {
  const { groups, search } = plan;
  return { name: basename(path), groups, search, estimate: estimate(system, groups, samples, slo) };
}
