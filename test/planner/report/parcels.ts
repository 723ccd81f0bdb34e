/** The fixture of the planning commands, and a plan for it, as the report has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHardware, parsePipeline, parsePlan } from '../../../pipelines/index.ts';
import {
  drawSamples,
  estimate,
  makeSystem,
  parseProfile,
  type ReportPlan,
  type Workload,
} from '../../../planner/index.ts';

const folder = join(import.meta.dirname, '..', '..', 'e2e', 'fixtures', 'parcels');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

const pipeline = parsePipeline(read('pipeline.yaml')).pipeline!;
const hardware = parseHardware(read('hardware.yaml')).hardware!;
const profiles = ['cpu', 'cpu-4', 't4'].map(
  type => parseProfile(read(`${type}.profile.json`), '', pipeline, hardware.types).profile!,
);

export const system = makeSystem(pipeline, profiles, hardware);
export const workload: Workload = { kind: 'gamma', rate: 8, cv: 1, queries: 1000, seeds: 2 };
export const samples = drawSamples(workload);
export const slo = [{ percentile: 99, limit: 400 }];

/** The fixture's plan by another name, on so many replicas of each of its pools. */
export function planOf(name: string, times = 1): ReportPlan {
  const groups = parsePlan(read('plan.yaml'), '', pipeline).plan!.groups.map(group => ({
    ...group,
    pools: group.pools.map(pool => ({ ...pool, replicas: times * pool.replicas })),
  }));
  return { name, groups, estimate: estimate(system, groups, samples, slo) };
}
