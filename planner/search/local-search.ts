/**
 * A good plan soon: what a proof is then measured against, and what is left when there is no time for one.
 *
 * What each option of a group adds to the objective's percentile is measured with all other groups as they are, at
 * first ideal. With these as weights, choosing options is a knapsack problem, whose solutions are tried from the
 * cheapest that does. Around what was found the weights are measured anew, as long as that makes it cheaper (sequential
 * linear programming, with integers). All of this is on a part of the workload; the whole has the last word.
 */
import { costOfChoice, isWithinLimits } from './choice.ts';
import { undominated, type Weighed } from './knapsack.ts';
import { simulatedPools, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Relaxation, Tried } from './relaxation.ts';
import { weighSingle } from './weigh.ts';

export interface LocalSearchProblem {
  groups: readonly SearchGroup[];
  /** Of the whole workload. */
  relaxation: Relaxation;
  /** Of a part of it. */
  guide: Relaxation;
  /** Fewest replicas of a kind that could do. */
  fewest(group: number, kind: Kind): number;
  most: number;
  limits: Readonly<Record<string, number>>;
  isFeasible(choice: readonly Option[]): boolean;
  isOver(): boolean;
}

type Choice = readonly Option[];

/** Solutions of a knapsack that are tried though a dearer one was found to miss the objectives. */
const strays = 4;
/** Corrections for what the part of the workload does not show. */
const mostCorrections = 6;
/** Percentiles over their limit that differ by less are the same. */
const noticeable = 1e-4;

export class LocalSearch {
  readonly #problem: LocalSearchProblem;
  /** The percentile over its limit that the part must not exceed for the whole to meet it. */
  #target = 1;

  constructor(problem: LocalSearchProblem) {
    this.#problem = problem;
  }

  /**
   * Returns a feasible choice, or null if none was found.
   * @param dearest what to start from where options that each do with all others ideal don't do together
   */
  find(dearest: Choice): Choice | null {
    const { groups, guide, limits, isOver } = this.#problem;
    if (!guide.allow(groups.map(({ kinds }) => [...new Set(kinds.map(({ hardware }) => hardware))])))
      return null;
    const table = this.#weigh(null);
    for (let tries = 0; tries < mostCorrections && !isOver(); tries++) {
      const start =
        this.#cheapestOf(table, Infinity) ?? (this.#score(dearest) <= this.#target ? dearest : null);
      if (!start) return null;
      const choice = this.#improve(start);
      if (!isWithinLimits(choice, limits)) return null;
      if (this.#holds(choice)) return this.#cheapen(choice);
    }
    return null;
  }

  /** Measures anew around a choice and takes what is cheaper, until nothing is. */
  #improve(start: Choice): Choice {
    let choice = start;
    while (!this.#problem.isOver()) {
      const cheaper = this.#cheapestOf(this.#weigh(choice), costOfChoice(choice));
      if (!cheaper) break;
      choice = cheaper;
    }
    return choice;
  }

  /** Whether a choice is feasible on the whole workload; if not, the target is corrected. */
  #holds(choice: Choice): boolean {
    const { relaxation, isFeasible } = this.#problem;
    const score = relaxation.score(0, choice.map(simulatedPools));
    if (score <= 1 && isFeasible(choice)) return true;
    this.#target = Math.min(this.#target, this.#score(choice)) / Math.max(1.01, score);
    return false;
  }

  /**
   * Goes on from a feasible choice on the whole workload: to what is cheaper and at most a little over the target, since
   * a part differs from the whole; else to what costs the same and leaves more room, so that something cheaper may do.
   */
  #cheapen(feasible: Choice): Choice {
    const { groups, isOver } = this.#problem;
    let best = feasible;
    let choice = feasible;
    for (let sideways = 0; sideways <= 2 * groups.length && !isOver();) {
      const table = this.#weigh(choice);
      const cost = costOfChoice(choice);
      const single = table
        .flatMap((options, g) =>
          options.map(({ value, weight }) => ({ choice: choice.with(g, value), weight })),
        )
        .filter(({ weight }) => weight <= this.#target * 1.05)
        .sort((a, b) => a.weight - b.weight);
      const several = undominated(table, cost - 1e-9).slice(-mostNear);
      const cheaper = [...single.map(one => one.choice), ...several.map(one => one.values())]
        .filter(one => costOfChoice(one) < cost - 1e-9)
        .sort((a, b) => costOfChoice(a) - costOfChoice(b));
      const better = cheaper.find(one => this.#score(one) <= this.#target * 1.05 && this.#meets(one));
      const roomier = single.find(one => costOfChoice(one.choice) < cost + 1e-9);
      if (better) {
        best = better;
        sideways = 0;
      } else if (!roomier || roomier.weight > this.#score(choice) - noticeable) break;
      else sideways++;
      choice = better ?? roomier!.choice;
    }
    return best;
  }

  /** Whether a choice is feasible on the whole workload. */
  #meets(choice: Choice): boolean {
    const { relaxation, isFeasible, limits, isOver } = this.#problem;
    if (isOver() || !isWithinLimits(choice, limits)) return false;
    return relaxation.score(0, choice.map(simulatedPools)) <= 1 && isFeasible(choice);
  }

  /** The cheapest of a knapsack's solutions that costs less and meets the target. */
  #cheapestOf(table: readonly Weighed<Option>[][], below: number): Choice | null {
    const { limits, isOver } = this.#problem;
    const all = undominated(table, below - 1e-9).filter(one => isWithinLimits(one.values(), limits));
    let low = 0;
    let high = all.length;
    const meets = (at: number) => this.#score(all[at]!.values()) <= this.#target;
    while (low < high && !isOver()) {
      const middle = (low + high) >> 1;
      if (meets(middle)) high = middle;
      else low = middle + 1;
    }
    if (high === all.length) return null;
    // What was measured one by one does not just add up: a cheaper one may do though a dearer one does not.
    for (let at = high - 1; at >= Math.max(0, high - strays); at--) if (meets(at)) return all[at]!.values();
    return all[high]!.values();
  }

  /**
   * What each option of each group makes of the percentile, over its limit.
   * @param around what the other groups are; null: ideal
   */
  #weigh(around: Choice | null): Weighed<Option>[][] {
    const { guide, groups } = this.#problem;
    const pools = around?.map(simulatedPools);
    if (pools) guide.score(0, pools);
    const table = groups.map((): Weighed<Option>[] => []);
    // From the last group, so that what stands before each stays as it was worked out.
    for (let g = groups.length - 1; g >= 0; g--) {
      table[g] = this.#weighGroup(g, option => {
        const its = simulatedPools(option);
        return pools ? guide.try(g, pools.with(g, its)) : guide.tryAlone(g, its);
      });
      if (around) {
        const weight = guide.score(g, pools!);
        table[g]!.push({ value: around[g]!, cost: around[g]!.cost, weight });
      }
    }
    return table;
  }

  #weighGroup(group: number, measure: (option: Option) => Tried): Weighed<Option>[] {
    const { groups, fewest, most, limits, isOver } = this.#problem;
    return weighSingle({
      group: groups[group]!,
      measure,
      busy: kind => fewest(group, kind),
      top: ({ hardware }) => Math.min(most, limits[hardware] ?? most),
      below: Infinity,
      isOver,
    });
  }

  #score(choice: Choice): number {
    return this.#problem.guide.score(0, choice.map(simulatedPools));
  }
}

/** Solutions just cheaper than what is known that are tried on the whole workload. */
const mostNear = 12;
