/** Makes the plans for one machine from its profiles. */
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

/** One of the pipelines that share the machine. */
export interface Measured {
  /** With at least one objective. */
  pipeline: BoundPipeline;
  /** One of each hardware type. */
  profiles: readonly Profile[];
}

export interface PlanForOptions {
  /** Of this machine; the hardware's only host has them. */
  cores: number;
  /** Milliseconds it may take. */
  budget: number;
  /** A clock, in milliseconds. */
  now(): number;
}

/**
 * The plans, one of each pipeline, that together hold the highest rate within the objectives: of several, each gets as
 * much of the machine as any other. Among the predicted figures is `lone`, the median of queries that come alone, and in
 * `search` that of the default deployment, `default-lone`.
 *
 * Where no plans meet the objectives, they are the default deployments, and `search` has the `obstacle`.
 */
export function planFor(
  measured: readonly Measured[],
  hardware: Hardware,
  { cores, budget, now }: PlanForOptions,
): Plan[] {
  const instead = (obstacle: string) => measured.map(({ pipeline }) => usualPlan(pipeline, cores, obstacle));
  const uncovered = uncoveredStage(measured);
  if (uncovered !== undefined) return instead(uncovered);
  const systems = measured.map(({ pipeline, profiles }) => makeSystem(pipeline, profiles, hardware));
  const works = systems.map(workOf);
  const parts = systems.map((system, part) => ({
    system,
    slo: measured[part]!.pipeline.slo,
    share: Number((Math.min(...works) / works[part]!).toPrecision(3)),
  }));
  const fitted = fitPlan(parts, { ...workload, budget, now });
  if (fitted.obstacle !== null) return instead(fitted.obstacle);
  const { cv, queries, seeds } = workload;
  return predictParts(fitted).map(({ predicted }, part): Plan => {
    const { pipeline } = measured[part]!;
    const { system, share } = parts[part]!;
    const groups = fitted.groups[part]!;
    const alone = loneLatency(system, groups);
    const usualAlone = loneLatency(system, defaultDeployment(pipeline, { cores }));
    return {
      pipeline: pipeline.name,
      slo: pipeline.slo,
      workload: { rate: Number((share * fitted.rate).toPrecision(3)), cv, queries, seeds },
      groups,
      predicted: { ...predicted, ...(alone !== undefined && { lone: alone }) },
      search: { ...fitted.search, ...(usualAlone !== undefined && { 'default-lone': usualAlone }) },
    };
  });
}

function usualPlan(pipeline: BoundPipeline, cores: number, obstacle: string): Plan {
  const groups = defaultDeployment(pipeline, { cores }).map(({ name, stages, pools }) => ({
    name,
    stages,
    pools: pools.map(poolOf),
  }));
  return { pipeline: pipeline.name, slo: pipeline.slo, groups, search: { space: 'default', obstacle } };
}

/** What is said of the first stage that no profile has; undefined where each has one. */
function uncoveredStage(measured: readonly Measured[]): string | undefined {
  try {
    for (const { pipeline, profiles } of measured) {
      const named = profiles.map(profile => ({ profile, file: profile.hardware }));
      checkCoverage(pipeline, named);
    }
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error.message;
    throw error;
  }
}

/** Core milliseconds of a lone query, each stage where it takes the least. */
function workOf({ structure, types, hardware, timesOf }: System): number {
  return structure.stages.reduce((sum, { name, scale }) => {
    const times = types.flatMap(type => {
      const mean = timesOf(name, type)?.mean(1);
      return mean === undefined ? [] : [mean * hardware.types[type]!.threads];
    });
    return sum + scale.mean * Math.min(...times);
  }, 0);
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
