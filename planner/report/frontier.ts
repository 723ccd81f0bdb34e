/** What other objectives and other rates would cost. */
import type { Objective } from '../../pipelines/index.ts';
import type { SearchOptions } from '../search/context.ts';
import { searchPlan } from '../search/search.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { speedUp } from './rescaled.ts';

export interface FrontierPoint {
  /** Of the first objective's limit, in milliseconds; or queries per second. */
  at: number;
  /** US dollars per hour of the cheapest plan found; null if there is none. */
  cost: number | null;
  /** Whether that is proved to be so. */
  proved: boolean;
}

/** Costs of the cheapest single-pool plans, by ascending limit and rate. */
export interface Frontier {
  bySlo: readonly FrontierPoint[];
  byRate: readonly FrontierPoint[];
}

export interface FrontierOptions {
  /** Milliseconds that each point's search may take. */
  budget: number;
  /** Most replicas of one pool. */
  most: number;
  now: SearchOptions['now'];
  /** Called after each point. */
  onStep?: () => void;
}

/** All limits of the objective, and the rate, are multiplied by these. */
const sloFactors = [0.5, 0.65, 0.8, 1, 1.25, 1.6, 2];
const rateFactors = [0.25, 0.5, 0.75, 1, 1.33, 1.67, 2];

/** Searches that a frontier takes. */
export const frontierSteps = sloFactors.length + rateFactors.length;

/** Queries that each point is searched on. */
const most = 5000;

/**
 * Searches for the cheapest plan at several objectives and at several rates: one pool per stage, on a part of the first
 * sample.
 *
 * @param rate queries per second of `samples`
 * @param slo at least one objective
 */
export function frontierOf(
  system: System,
  { rate, samples }: { rate: number; samples: readonly Sample[] },
  slo: readonly Objective[],
  options: FrontierOptions,
): Frontier {
  const { seed, arrivals } = samples[0]!;
  const sample = [{ seed, arrivals: arrivals.subarray(0, most) }];
  const pointAt = (at: number, sloFactor: number, rateFactor: number): FrontierPoint => {
    const limits = slo.map(({ percentile, limit }) => ({ percentile, limit: limit * sloFactor }));
    const found = searchPlan(system, speedUp(sample, rateFactor), limits, {
      budget: options.budget,
      mixed: false,
      fusion: false,
      most: options.most,
      now: options.now,
    });
    options.onStep?.();
    return found.kind === 'found'
      ? { at, cost: found.estimate.predicted.cost ?? null, proved: found.search.optimal === true }
      : { at, cost: null, proved: found.proved };
  };
  const bySlo = sloFactors.map(factor => pointAt(slo[0]!.limit * factor, factor, 1));
  const byRate = rateFactors.map(factor => pointAt(rate * factor, 1, factor));
  return { bySlo: neverDearer(bySlo), byRate: neverDearer(byRate.toReversed()).toReversed() };
}

/**
 * A plan for a tighter limit, or for a higher rate, does for the others too, where their own search came to nothing
 * better in its time.
 *
 * @param points the hardest first
 */
export function neverDearer(points: readonly FrontierPoint[]): FrontierPoint[] {
  let known = Infinity;
  return points.map(point => {
    known = Math.min(known, point.cost ?? Infinity);
    // What is proved stands: a sample may by chance be harder for some plan at a lower rate.
    if (point.proved || !Number.isFinite(known)) return point;
    return { ...point, cost: known };
  });
}
