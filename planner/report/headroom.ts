/** What would break first if the rate grew. */
import type { Group, Objective } from '../../pipelines/index.ts';
import { estimate, type Estimate } from '../estimate.ts';
import type { SimulatedGroup } from '../simulation/deployment.ts';
import { deploy, type System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { speedUp } from './rescaled.ts';

export interface GroupHeadroom {
  name: string;
  /** Share of the time its replicas are busy, at the rate planned for. */
  utilisation: number;
  /** Queries per second at which its replicas are busy all the time, with full batches; Infinity if nothing comes. */
  saturation: number;
}

export interface Headroom {
  /** Queries per second that the plan was estimated at. */
  rate: number;
  groups: readonly GroupHeadroom[];
  /** Queries per second that keep the engine's main thread busy all the time. */
  main: number;
  /** Most queries per second at which every objective is met, within a percent; null without an objective, or if none. */
  highest: number | null;
  /** At that rate, the stage whose items wait longest; null where none waits, or there is no such rate. */
  longestQueue: { stage: string; queue: number } | null;
}

/** Shares of the rate between which the highest is looked for, and how closely. */
const search = { least: 0.02, most: 64, precision: 0.01 };

/**
 * @param rate queries per second of `samples`
 * @param at the plan's estimate on `samples`
 * @param onStep called after each further estimate
 */
export function headroomOf(
  system: System,
  groups: readonly Group[],
  { rate, samples }: { rate: number; samples: readonly Sample[] },
  slo: readonly Objective[],
  at: Estimate,
  onStep: () => void = () => {},
): Headroom {
  const deployment = deploy(system, groups);
  const saturations = deployment.groups.map(group => saturationOf(system, group));
  const main = at.main > 0 ? rate / at.main : Infinity;
  const roof = Math.min(main, ...saturations) / rate;
  const estimateAt = (factor: number) => {
    const estimated = estimate(system, groups, speedUp(samples, factor), slo);
    onStep();
    return estimated;
  };
  const highest = slo.length === 0 ? null : highestFactor(at, roof, estimateAt);
  return {
    rate,
    groups: groups.map(({ name }, g) => ({
      name,
      utilisation: at.groups[g]!.utilisation,
      saturation: saturations[g]!,
    })),
    main,
    highest: highest && highest.factor * rate,
    longestQueue: highest && longestQueue(highest.estimated),
  };
}

/** Queries per second that keep a group's replicas busy, each with full batches. */
function saturationOf({ structure }: System, { stages, pools }: SimulatedGroup): number {
  const items = Array.from(stages, stage => structure.stages[stage]!.scale.mean);
  // Stages of a group run along with each other: its items come to it once, whatever they then pass.
  const visits = Math.max(...items);
  const perMillisecond = pools.reduce((sum, { batch, replicas, times, wake }) => {
    const time = times.reduce((total, of, at) => total + (of.mean(batch) * items[at]!) / visits, wake);
    return sum + (replicas * batch) / time;
  }, 0);
  return visits > 0 ? (1000 * perMillisecond) / visits : Infinity;
}

interface At {
  factor: number;
  estimated: Estimate;
}

/**
 * The highest factor that is feasible, by bisection between one that is and one that is not; null if not even the least
 * is.
 *
 * @param roof where the plan can't keep up; samples that are short hold more
 */
function highestFactor(at: Estimate, roof: number, estimateAt: (factor: number) => Estimate): At | null {
  let low: At | null = at.feasible ? { factor: 1, estimated: at } : null;
  let high = at.feasible ? search.most : 1;
  const tryAt = (factor: number) => {
    const estimated = estimateAt(factor);
    if (estimated.feasible) low = { factor, estimated };
    else high = factor;
    return estimated.feasible;
  };
  if (at.feasible) for (let next = Math.max(1.05, roof); next < search.most && tryAt(next); next *= 2);
  else for (let next = Math.min(0.5, roof); next >= search.least && !tryAt(next); next /= 2);
  if (!low) return null;
  for (let found: At = low; high / found.factor > 1 + search.precision; found = low) {
    tryAt(Math.sqrt(found.factor * high));
  }
  return low;
}

function longestQueue({ stages }: Estimate): Headroom['longestQueue'] {
  const longest = stages.toSorted((a, b) => b.queue - a.queue)[0]!;
  return longest.queue > 0 ? { stage: longest.name, queue: longest.queue } : null;
}
