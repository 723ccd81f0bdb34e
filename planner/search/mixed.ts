/** Pools of different hardware within a group: what one type alone can only do with a replica too many. */
import type { Objective } from '../../pipelines/index.ts';
import { roundCost } from '../cost.ts';
import type { Sample } from '../workload/workload.ts';
import { costOfChoice, isWithinLimits } from './choice.ts';
import { optionOf, simulatedPools, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Relaxation } from './relaxation.ts';

/** Hardware types one group may have at most. */
const mostTypes = 3;

export interface MixedProblem {
  groups: readonly SearchGroup[];
  samples: readonly Sample[];
  slo: readonly Objective[];
  relaxation: Relaxation;
  most: number;
  limits: Readonly<Record<string, number>>;
  isFeasible(choice: readonly Option[]): boolean;
  isOver(): boolean;
}

export interface MixedResult {
  choice: readonly Option[];
  /** Whether no cheaper mix is feasible. */
  proved: boolean;
  /** No feasible mix costs less, as far as the search came; undefined where it proves nothing. */
  bound?: number;
}

/** A bound this far above an objective, on the samples stage by stage, rules a choice out. */
const tooSlow = 1.02;

/** Every mix of a group that costs less than `below` and has replicas enough for its work; cheapest first. */
function mixesBelow(
  { groups, samples, slo, most, limits }: MixedProblem,
  group: number,
  below: number,
): Option[] {
  const its = groups[group]!;
  const span = Math.max(...samples.map(({ arrivals }) => arrivals.at(-1)! - arrivals[0]!));
  const queries = Math.max(...samples.map(({ arrivals }) => arrivals.length));
  const share = Math.max(...slo.map(({ percentile, limit }) => (percentile / 100) * (span / (span + limit))));
  /** Visits per millisecond that must be done at least. */
  const load = (0.95 * share * queries * its.visits) / span;
  const hardware = [...new Set(its.kinds.map(kind => kind.hardware))];
  const mixes: Option[] = [];
  const extend = (from: number, pools: Option['pools'], cost: number, done: number) => {
    if (pools.length > 0 && done >= load) mixes.push(optionOf(pools));
    if (pools.length === mostTypes) return;
    for (let h = from; h < hardware.length; h++) {
      for (const kind of its.kinds.filter(one => one.hardware === hardware[h])) {
        const top = Math.min(most, limits[kind.hardware] ?? most);
        for (let replicas = 1; replicas <= top && cost + kind.price * replicas < below - 1e-9; replicas++)
          extend(
            h + 1,
            [...pools, { kind, replicas }],
            cost + kind.price * replicas,
            done + replicas / kind.work,
          );
      }
    }
  };
  extend(0, [], 0, 0);
  return mixes.sort((a, b) => a.cost - b.cost);
}

/** One group: every mix that is cheaper than the one known, cheapest first, so that the first feasible is optimal. */
export function searchOneMixed(problem: MixedProblem, known: readonly Option[]): MixedResult {
  const below = costOfChoice(known);
  for (const option of mixesBelow(problem, 0, below)) {
    if (problem.isOver()) return { choice: known, proved: false, bound: option.cost };
    if (problem.relaxation.score(0, [simulatedPools(option)]) > tooSlow) continue;
    if (problem.isFeasible([option])) return { choice: [option], proved: true, bound: option.cost };
  }
  return { choice: known, proved: true, bound: below };
}

/** Several groups: replaces replicas of a pool by fewer or cheaper ones of other hardware as long as that is cheaper. */
export function improveMixed(problem: MixedProblem, known: readonly Option[]): MixedResult {
  let choice = known;
  for (let improved = true; improved && !problem.isOver();) {
    improved = false;
    for (const changed of exchanges(problem, choice)) {
      if (problem.isOver()) break;
      if (!isWithinLimits(changed, problem.limits)) continue;
      if (problem.relaxation.score(0, changed.map(simulatedPools)) > tooSlow) continue;
      if (!problem.isFeasible(changed)) continue;
      choice = changed;
      improved = true;
      break;
    }
  }
  return { choice, proved: false };
}

/** Choices with some replicas of one group exchanged for cheaper ones of another hardware; most saved first. */
function exchanges({ groups, most }: MixedProblem, choice: readonly Option[]): (readonly Option[])[] {
  const cost = costOfChoice(choice);
  const found: (readonly Option[])[] = [];
  for (const [g, { pools }] of choice.entries()) {
    for (const [p, { kind, replicas }] of pools.entries()) {
      for (const other of groups[g]!.kinds) {
        const present = pools.findIndex(pool => pool.kind === other);
        const isNewType = pools.every(pool => pool.kind.hardware !== other.hardware);
        if (present === p || (present < 0 && (!isNewType || pools.length === mostTypes))) continue;
        for (let taken = 1; taken <= replicas; taken++) {
          for (let given = 0; given <= most && other.price * given < kind.price * taken - 1e-9; given++) {
            const option = exchange(pools, { kind, taken }, { kind: other, given });
            if (option.pools.length > 0) found.push(choice.with(g, option));
          }
        }
      }
    }
  }
  return found
    .map(one => ({ one, cost: costOfChoice(one) }))
    .filter(one => one.cost < roundCost(cost - 1e-9))
    .sort((a, b) => a.cost - b.cost)
    .map(({ one }) => one);
}

function exchange(
  pools: Option['pools'],
  from: { kind: Kind; taken: number },
  to: { kind: Kind; given: number },
): Option {
  const replicas = new Map(pools.map(pool => [pool.kind, pool.replicas]));
  replicas.set(from.kind, replicas.get(from.kind)! - from.taken);
  replicas.set(to.kind, (replicas.get(to.kind) ?? 0) + to.given);
  return optionOf([...replicas].flatMap(([kind, count]) => (count > 0 ? [{ kind, replicas: count }] : [])));
}
