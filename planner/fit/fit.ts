/**
 * The highest rate that the hardware there is holds within the objectives, and the plan for it.
 *
 * Replicas share the cores of their hosts, so more of them is not always better, and no bound of the search for the
 * cheapest plan holds: this climbs. From one group per stage, and from one where every neighbour that can share
 * replicas does, every change of one group that raises the rate is made, until none does. Then what the plan can do
 * without is taken away.
 */
import type { Group, Search } from '../../pipelines/index.ts';
import { explain } from '../search/infeasible.ts';
import type { Sample } from '../workload/workload.ts';
import { highestPossible } from './bound.ts';
import { changesOf } from './changes.ts';
import { startsOf } from './start.ts';
import { trim } from './trim.ts';
import { UnionProblem, type Part, type Placement, type UnionProblemOptions } from './union-problem.ts';

export interface FitOptions extends UnionProblemOptions {
  /** Milliseconds it may take. */
  budget: number;
  /** A clock, in milliseconds. */
  now(): number;
  onProgress?(progress: { rate: number; evaluated: number }): void;
}

export interface Fitted {
  /** Queries per second of a part with share 1; 0: not even a lone query is in time. */
  rate: number;
  /** No plan holds more: its work fills every core. Infinity where hardware is not limited. */
  bound: number;
  /** Where the rate is 0, what stands in the way. */
  obstacle: string | null;
  /** By part. */
  groups: Group[][];
  search: Search;
  placements: readonly Placement[];
  problem: UnionProblem;
  samples: readonly Sample[];
}

/** A change must raise the rate by this much to be made; rates are found as closely. */
const least = 1.01;

/** Queries of each seed that are enough to climb by: what is found is judged by all of them. */
const climbing = 2000;

/** Shares of the time after which nothing more is tried, so that what was found can be trimmed and judged. */
const climbingShare = 0.7;
const trimmingShare = 0.8;

/** @param parts all with the same hardware; every stage in a profile */
export function fitPlan(parts: readonly Part[], options: FitOptions): Fitted {
  const begun = options.now();
  const isOver = (share: number) => () => options.now() - begun > share * options.budget;
  const rough = new UnionProblem(parts, { ...options, queries: Math.min(options.queries, climbing) });
  const problem = new UnionProblem(parts, options);
  const climbed = climb(rough, isOver(climbingShare), options);
  const placements = trim(rough, climbed.placements, climbed.rate, isOver(trimmingShare));
  const rate = climbed.rate > 0 ? judge(problem, { ...climbed, placements }, isOver(1)) : 0;
  const bound = highestPossible(problem);
  const evaluated = rough.evaluated + problem.evaluated;
  return {
    rate,
    bound,
    obstacle: rate > 0 ? null : obstacleOf(parts, placements, options),
    groups: parts.map((_, part) => placements.filter(placement => placement.part === part).map(groupOf)),
    search: {
      space: 'fit',
      optimal: false,
      ...(Number.isFinite(bound) && { 'rate-bound': bound }),
      evaluated,
      seconds: Math.round(options.now() - begun) / 1000,
    },
    placements,
    problem,
    samples: problem.samplesAt(rate > 0 ? rate : lowestRate(placements)),
  };
}

interface Held {
  placements: readonly Placement[];
  rate: number;
}

function climb(problem: UnionProblem, isOver: () => boolean, { onProgress }: FitOptions): Held {
  const started = startsOf(problem).map((placements): Held => ({
    placements,
    rate: highestRate(problem, placements, lowestRate(placements), isOver),
  }));
  let best = started.reduce((a, b) => (b.rate > a.rate ? b : a));
  for (let from = 0, improved = true; improved && !isOver();) {
    improved = false;
    for (const { placements, at } of changesOf(problem, best.placements, from)) {
      if (isOver()) break;
      const floor = best.rate > 0 ? best.rate * least : lowestRate(placements);
      if (!problem.holds(placements, floor)) continue;
      best = { placements, rate: highestRate(problem, placements, floor, isOver) };
      onProgress?.({ rate: best.rate, evaluated: problem.evaluated });
      from = at;
      improved = true;
      break;
    }
  }
  return best;
}

/** The rate that a choice holds on the whole sample, to three digits; 0 if none. */
function judge(problem: UnionProblem, { placements, rate }: Held, isOver: () => boolean): number {
  for (const floor of [0.95 * rate, 0.8 * rate, lowestRate(placements)]) {
    const highest = highestRate(problem, placements, floor, isOver);
    if (highest === 0) continue;
    const unit = 10 ** (Math.floor(Math.log10(highest)) - 2);
    const rounded = Number((Math.floor(highest / unit) * unit).toPrecision(3));
    return problem.holds(placements, rounded) ? rounded : highest;
  }
  return 0;
}

/** A rate at which queries hardly ever meet. */
function lowestRate(placements: readonly Placement[]): number {
  const work = placements.reduce(
    (sum, { group, option }) => sum + group.visits * option.pools[0]!.kind.work,
    0,
  );
  return 10 / Math.max(work, 1e-6);
}

/** The highest rate a choice holds, to a hundredth; 0 if it does not hold the lowest. */
function highestRate(
  problem: UnionProblem,
  placements: readonly Placement[],
  floor: number,
  isOver: () => boolean,
): number {
  if (!problem.holds(placements, floor)) return 0;
  let low = floor;
  let high = Infinity;
  while (high / low > least && !isOver()) {
    const middle = high === Infinity ? low * 2 : Math.sqrt(low * high);
    if (problem.holds(placements, middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** What keeps even queries that hardly ever meet from being in time. */
function obstacleOf(parts: readonly Part[], placements: readonly Placement[], options: FitOptions): string {
  const problems = parts.map(part => new UnionProblem([{ ...part, share: 1 }], options));
  const choices = parts.map((_, of) =>
    placements.filter(({ part }) => part === of).map(placement => ({ ...placement, part: 0 })),
  );
  const late = problems.findIndex(
    (problem, part) => !problem.holds(choices[part]!, lowestRate(choices[part]!)),
  );
  const part = Math.max(0, late);
  const { system, slo } = parts[part]!;
  const { message } = explain({
    system,
    groups: choices[part]!.map(({ group }) => group),
    samples: problems[part]!.samplesAt(lowestRate(choices[part]!)),
    slo,
    most: kind => problems[part]!.most(kind),
    fewest: () => 1,
  });
  return parts.length > 1 ? `${system.pipeline.name}: ${message}` : message;
}

function groupOf({ group, option }: Placement): Group {
  return {
    name: group.stages.join('+'),
    stages: group.stages,
    pools: option.pools.map(({ kind: { hardware, batch }, replicas }) => ({
      hardware,
      batch,
      replicas,
      maxWait: 0,
    })),
  };
}
