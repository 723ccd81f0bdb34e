import { stringify } from 'yaml';
import { parseDuration } from '../operators/index.ts';
import { conform, type Rule } from './conformity.ts';
import { hasErrors, type Diagnostic } from './diagnostic.ts';
import { PlanSchema, planVersion, type Group, type Plan, type Pool } from './plan.ts';
import { checkBacklogs, checkStages } from './plan-check.ts';
import { PipelineError } from './render.ts';
import type { SourceFile } from './source.ts';
import { readSlo } from './structure.ts';
import { readTextFile } from './text-file.ts';
import type { Pipeline } from './types.ts';
import { readYaml } from './yaml.ts';

const rules: readonly Rule[] = [
  { at: /^\/millrace$/, code: 'bad-version' },
  { at: /^\/slo$/, code: 'bad-slo', keyword: /name/, expected: 'a percentile, such as p50, p99 or p99.9' },
  { at: /^\/slo\//, code: 'bad-slo', expected: 'a duration, such as 150 ms' },
  { at: /\/max-wait$/, code: 'bad-duration', expected: 'a duration, such as 5 ms' },
];

/** A group or a pool as the file has it. */
type FileGroup = { name?: string; stages: string[]; pools: FilePool[] };
type FilePool = Omit<Pool, 'maxWait'> & { 'max-wait'?: string };

/** Reads a plan from text. With its pipeline, what the plan says of that is checked too. */
export function parsePlan(
  text: string,
  file = '',
  pipeline?: Pipeline,
): { plan?: Plan; diagnostics: Diagnostic[] } {
  const source = readYaml(text, file);
  const { readable, usable } = conform(source, planVersion, PlanSchema, rules);
  if (!readable || hasErrors(source.diagnostics)) return { diagnostics: source.diagnostics };
  const plan = readPlan(source, usable);
  checkBacklogs(plan, source);
  if (pipeline) checkStages(plan, pipeline, source);
  return hasErrors(source.diagnostics)
    ? { diagnostics: source.diagnostics }
    : { plan, diagnostics: source.diagnostics };
}

/**
 * Loads a plan. With its pipeline, what the plan says of that is checked too.
 *
 * @throws PipelineError if it has mistakes; MillraceError `not-found` if there is no such file.
 */
export async function loadPlan(path: string, pipeline?: Pipeline): Promise<Plan> {
  const { text, file } = await readTextFile(path, 'plan');
  const { plan, diagnostics } = parsePlan(text, file, pipeline);
  if (!plan) throw new PipelineError(diagnostics);
  return plan;
}

/** What is wrong with a plan for a pipeline, shown in the text that the plan would be written as. */
export function checkPlan(plan: Plan, pipeline: Pipeline): Diagnostic[] {
  return parsePlan(writePlan(plan), '', pipeline).diagnostics;
}

/** A plan as the text of its file. What `parsePlan` makes of that is the plan again. */
export function writePlan({ pipeline, slo, workload, groups, predicted, search }: Plan): string {
  const objectives = slo.map(({ percentile, limit }) => [`p${percentile}`, `${limit} ms`]);
  const file = {
    millrace: planVersion,
    pipeline,
    ...(objectives.length > 0 && { slo: Object.fromEntries(objectives) }),
    ...(workload && { workload }),
    groups: groups.map(fileGroup),
    ...(predicted && { predicted }),
    ...(search && { search }),
  };
  return stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
}

function readPlan(source: SourceFile, usable: (at: string) => boolean): Plan {
  const file = source.value as Pick<Plan, 'pipeline' | 'workload' | 'predicted' | 'search'> & {
    groups: FileGroup[];
  };
  return {
    pipeline: file.pipeline,
    slo: readSlo(source, '/slo', usable),
    ...(file.workload && { workload: file.workload }),
    groups: file.groups.map(readGroup),
    ...(file.predicted && { predicted: file.predicted }),
    ...(file.search && { search: file.search }),
  };
}

function readGroup({ name, stages, pools }: FileGroup): Group {
  return { name: name ?? stages.join('+'), stages, pools: pools.map(readPool) };
}

function readPool({ 'max-wait': maxWait, ...pool }: FilePool): Pool {
  return { ...pool, maxWait: parseDuration(maxWait) ?? 0 };
}

function fileGroup({ name, stages, pools }: Group): FileGroup {
  return {
    ...(name !== stages.join('+') && { name }),
    stages: [...stages],
    pools: pools.map(({ maxWait, ...pool }) => ({
      ...pool,
      ...(maxWait > 0 && { 'max-wait': `${maxWait} ms` }),
    })),
  };
}
