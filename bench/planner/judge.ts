/** The test that all planners share: a plan is simulated on the case's samples. */
import type { Group } from '../../pipelines/index.ts';
import { allowedAbove, costOf, deploy, simulate } from '../../planner/index.ts';
import type { Case } from './cases.ts';

/** One pool of a stage. */
export interface StagePool {
  hardware: string;
  batch: number;
  replicas: number;
}

/** A plan with one group and one pool per stage; pools in the order of the pipeline's stages. */
export function groupsOf({ system }: Case, pools: readonly StagePool[]): Group[] {
  return system.structure.stages.map(({ name }, s) => ({
    name,
    stages: [name],
    pools: [{ ...pools[s]!, maxWait: 0 }],
  }));
}

/** US dollars per hour. */
export function costOfPools(of: Case, pools: readonly StagePool[]): number {
  return costOf(of.system, groupsOf(of, pools))!;
}

export class Judge {
  readonly #case: Case;
  readonly #known = new Map<string, boolean>();

  constructor(of: Case) {
    this.#case = of;
  }

  /** Whether a plan meets every objective over all samples together. */
  isFeasible(pools: readonly StagePool[]): boolean {
    const key = JSON.stringify(pools);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const feasible = isFeasible(this.#case, groupsOf(this.#case, pools));
    this.#known.set(key, feasible);
    return feasible;
  }
}

/** Whether a plan meets every objective over all samples together; broken off as soon as it does not. */
export function isFeasible({ system, samples, slo }: Case, groups: readonly Group[]): boolean {
  const deployment = deploy(system, groups);
  const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  const left = slo.map(({ percentile }) => allowedAbove(percentile, queries));
  for (const sample of samples) {
    const missLimits = slo.map(({ limit }, o) => ({ limit, allowed: left[o]! }));
    const { aborted, misses } = simulate(system.structure, deployment, sample, { missLimits });
    if (aborted) return false;
    for (const [o, count] of misses.entries()) left[o]! -= count;
  }
  return true;
}
