/** Makes the plan for one machine from its profiles. */
import { MillraceError } from '../../operators/index.ts';
import type { BoundPipeline, Group, Hardware, Plan, Pool } from '../../pipelines/index.ts';
import {
  checkCoverage,
  drawSamples,
  estimate,
  fitPlan,
  makeSystem,
  predictParts,
  type Profile,
  type System,
} from '../../planner/index.ts';
import { defaultDeployment } from '../runtime/deployment.ts';

/** As `plan --fit` has them unless told otherwise. */
const workload = { kind: 'gamma', cv: 1, queries: 10_000, seeds: 3 } as const;

/** Queries so far apart that none meets another. */
const lone = { kind: 'gamma', rate: 0.01, cv: 0, queries: 500, seeds: 1 } as const;

export interface PlanForOptions {
  /** Of this machine; the hardware's only host has them. */
  cores: number;
  /** Milliseconds it may take. */
  budget: number;
  /** A clock, in milliseconds. */
  now(): number;
}

/**
 * The plan that holds the highest rate within the pipeline's objectives. Among the predicted figures is `lone`, the
 * median of queries that come alone, and in `search` that of the default deployment, `default-lone`.
 *
 * Where no plan meets the objectives, it is the default deployment, and `search` has the `obstacle`.
 *
 * @param pipeline with at least one objective
 * @param profiles one of each hardware type
 */
export function planFor(
  pipeline: BoundPipeline,
  profiles: readonly Profile[],
  hardware: Hardware,
  { cores, budget, now }: PlanForOptions,
): Plan {
  const { name, slo } = pipeline;
  const usual = defaultDeployment(pipeline, { cores });
  const instead = (obstacle: string): Plan => ({
    pipeline: name,
    slo,
    groups: usual.map(({ name, stages, pools }) => ({ name, stages, pools: pools.map(poolOf) })),
    search: { space: 'default', obstacle },
  });
  try {
    checkCoverage(
      pipeline,
      profiles.map(profile => ({ profile, file: profile.hardware })),
    );
  } catch (error) {
    if (error instanceof MillraceError) return instead(error.message);
    throw error;
  }
  const system = makeSystem(pipeline, profiles, hardware);
  const fitted = fitPlan([{ system, slo, share: 1 }], { ...workload, budget, now });
  if (fitted.obstacle !== null) return instead(fitted.obstacle);
  const [groups] = fitted.groups as [Group[]];
  const [{ predicted }] = predictParts(fitted) as [ReturnType<typeof predictParts>[number]];
  const { cv, queries, seeds } = workload;
  const alone = loneLatency(system, groups);
  const usualAlone = loneLatency(system, usual);
  return {
    pipeline: name,
    slo,
    workload: { rate: fitted.rate, cv, queries, seeds },
    groups,
    predicted: { ...predicted, ...(alone !== undefined && { lone: alone }) },
    search: { ...fitted.search, ...(usualAlone !== undefined && { 'default-lone': usualAlone }) },
  };
}

/** Without what only the engine knows of a pool. */
function poolOf({ hardware, batch, replicas, maxWait }: Pool): Pool {
  return { hardware, batch, replicas, maxWait };
}

/** Median of queries that come alone; undefined where that was not measured. */
function loneLatency(system: System, groups: readonly Group[]): number | undefined {
  try {
    return estimate(system, groups, drawSamples(lone), []).predicted.p50;
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
