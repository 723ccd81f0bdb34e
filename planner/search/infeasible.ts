/** Why no plan meets the objectives, and which objective or rate one would meet. */
import { formatDuration } from '../../operators/index.ts';
import type { Objective } from '../../pipelines/index.ts';
import { percentileOf } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import { simulate } from '../simulation/simulate.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { optionOf, simulatedPools, type Kind, type Option, type SearchGroup } from './option.ts';

export interface NoPlan {
  kind: 'none';
  /** The stage and the number that rule it out. */
  message: string;
  stage?: string;
  /** Milliseconds that the objective's percentile would have to be allowed. */
  feasibleSlo?: number;
  /** Queries per second that could be held. */
  feasibleRate?: number;
  /** Whether it is certain that there is no plan; else none was found in time. */
  proved: boolean;
}

export interface Explanation {
  system: System;
  groups: readonly SearchGroup[];
  samples: readonly Sample[];
  slo: readonly Objective[];
  /** Most replicas of a kind, by the option and the hardware's limit. */
  most(kind: Kind): number;
  /** Fewest replicas that can do a group's work at all. */
  fewest(group: number, kind: Kind): number;
}

/** The kind on which a batch of one is soonest over. */
export function fastest(group: SearchGroup): Kind {
  const time = ({ pool }: Kind) => pool.times.reduce((sum, of) => sum + of.mean(1), pool.wake);
  return group.kinds.reduce((best, kind) => (time(kind) < time(best) ? kind : best));
}

/** The pools that answer soonest: the fastest hardware with all the replicas there may be. */
function quickest({ groups, most }: Explanation): Option[] {
  return groups.map(group => {
    const kind = fastest(group);
    return optionOf([{ kind, replicas: Math.max(1, most(kind)) }]);
  });
}

/** Explains why the search space holds no feasible plan. */
export function explain(problem: Explanation): NoPlan {
  return tooMuchWork(problem) ?? tooSlow(problem);
}

/** A stage whose work no allowed number of replicas can do. */
function tooMuchWork({ groups, samples, most, fewest }: Explanation): NoPlan | null {
  for (const [g, group] of groups.entries()) {
    const shares = group.kinds.map(kind => ({ kind, needed: fewest(g, kind), most: most(kind) }));
    if (shares.some(({ needed, most }) => needed <= most)) continue;
    const best = shares.reduce((a, b) => (b.most / b.needed > a.most / a.needed ? b : a));
    const rate = rateOf(samples);
    const stage = group.stages.join('+');
    return {
      kind: 'none',
      stage,
      message: `${stage} needs at least ${best.needed} replicas of ${best.kind.hardware} for ${round(rate)} queries/s; at most ${best.most} are allowed`,
      feasibleRate: round((rate * best.most) / best.needed),
      proved: true,
    };
  }
  return null;
}

/** The stage that leaves the objective no room, even with all the replicas there may be. */
function tooSlow(problem: Explanation): NoPlan {
  const { system, groups, samples, slo } = problem;
  const choice = quickest(problem);
  const latencies = latenciesOf(system, groups, samples, choice.map(simulatedPools));
  const worst = slo.reduce((a, b) =>
    percentileOf(latencies, b.percentile) / b.limit > percentileOf(latencies, a.percentile) / a.limit ? b : a,
  );
  const reached = percentileOf(latencies, worst.percentile);
  const times = groups.map(group => percentileTime(fastest(group).pool, worst.percentile));
  const slowest = times.indexOf(Math.max(...times));
  const others = times.reduce((sum, time, g) => (g === slowest ? sum : sum + time), 0);
  const stage = groups[slowest]!.stages.join('+');
  const left = Math.max(0, worst.limit - others);
  const feasibleSlo = Math.ceil(reached * 1.0001 * 10) / 10;
  return {
    kind: 'none',
    stage,
    message: reasonOf(stage, times[slowest]!, left, worst, reached),
    feasibleSlo,
    proved: true,
  };
}

function reasonOf(stage: string, time: number, left: number, slo: Objective, reached: number): string {
  const takes = `${stage} takes ${formatDuration(time)} on its fastest hardware`;
  if (left <= 0)
    return `${takes}, and the other stages take up the SLO of ${formatDuration(slo.limit)} by themselves`;
  if (time > left) return `${takes}; the SLO leaves ${formatDuration(left)}`;
  return `${takes}; with all the replicas allowed p${slo.percentile} is ${formatDuration(reached)}, over the SLO of ${formatDuration(slo.limit)}`;
}

/** A quantile of the time of a batch of one. */
function percentileTime({ times, wake }: SimulatedPool, percentile: number): number {
  return times.reduce((sum, of) => sum + of.draw(1, percentile / 100), wake);
}

function latenciesOf(
  { structure, engine, hosts }: System,
  groups: readonly SearchGroup[],
  samples: readonly Sample[],
  pools: readonly SimulatedPool[][],
): Float64Array {
  const deployment = {
    groups: groups.map(({ indices }, g) => ({ stages: indices, pools: pools[g]! })),
    hosts,
    engine,
  };
  const all = samples.map(sample => simulate(structure, deployment, sample).latencies);
  const latencies = new Float64Array(all.reduce((sum, of) => sum + of.length, 0));
  let at = 0;
  for (const of of all) {
    latencies.set(of, at);
    at += of.length;
  }
  return latencies.sort();
}

function rateOf([sample]: readonly Sample[]): number {
  const { arrivals } = sample!;
  return (1000 * (arrivals.length - 1)) / Math.max(1e-9, arrivals.at(-1)! - arrivals[0]!);
}

/** Three significant digits, rounded down so that what is promised holds. */
function round(rate: number): number {
  const unit = 10 ** (Math.floor(Math.log10(rate)) - 2);
  return Number((Math.floor(rate / unit) * unit).toPrecision(3));
}
