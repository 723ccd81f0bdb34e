/**
 * A good plan soon: what a proof is then measured against, and what is left when there is no time for one.
 *
 * From the cheapest choice for each group alone, the change that takes off most latency per dollar is made until the
 * objectives are met; then whatever makes it cheaper is tried, one group at a time and then in pairs.
 */
import { costOfChoice, isWithinLimits } from './branch-and-bound.ts';
import { optionOf, simulatedPools, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Relaxation } from './relaxation.ts';

export interface LocalSearchProblem {
  groups: readonly SearchGroup[];
  relaxation: Relaxation;
  /** Fewest replicas of a kind that could do. */
  fewest(group: number, kind: Kind): number;
  most: number;
  limits: Readonly<Record<string, number>>;
  isFeasible(choice: readonly Option[]): boolean;
  isOver(): boolean;
}

export class LocalSearch {
  readonly #problem: LocalSearchProblem;

  constructor(problem: LocalSearchProblem) {
    this.#problem = problem;
  }

  /** @param start by group. Returns a feasible choice, or null if the climb ends without one. */
  climb(start: readonly Option[]): readonly Option[] | null {
    const { isOver, isFeasible } = this.#problem;
    let choice = start;
    let score = this.#score(choice, 0);
    while (!isOver()) {
      if (score <= 1 && isFeasible(choice)) return this.#cheapen(choice);
      const better = this.#steepest(choice, score);
      if (!better) return null;
      choice = better.choice;
      score = this.#score(choice, 0);
    }
    return null;
  }

  /** The change of one group that takes off most per dollar. */
  #steepest(choice: readonly Option[], score: number): { choice: readonly Option[] } | null {
    let best: { choice: readonly Option[]; gain: number } | null = null;
    // From the last group, so that what stands before each stays as it was worked out.
    for (let g = choice.length - 1; g >= 0 && !this.#problem.isOver(); g--) {
      for (const option of this.#neighbours(g, choice[g]!)) {
        const dearer = option.cost - choice[g]!.cost;
        const changed = choice.with(g, option);
        if (dearer < 0 || !isWithinLimits(changed, this.#problem.limits)) continue;
        const less = score - this.#score(changed, g);
        const gain = less / Math.max(dearer, 1e-6);
        if (less > 1e-6 && (best === null || gain > best.gain)) best = { choice: changed, gain };
      }
    }
    return best;
  }

  /** Makes a feasible choice cheaper as long as that goes. */
  #cheapen(choice: readonly Option[]): readonly Option[] {
    const { isOver } = this.#problem;
    let best = choice;
    for (let improved = true; improved && !isOver();) {
      improved = false;
      for (const changed of this.#cheaper(best)) {
        if (isOver()) break;
        if (costOfChoice(changed) >= costOfChoice(best) - 1e-9) continue;
        if (!isWithinLimits(changed, this.#problem.limits)) continue;
        if (this.#score(changed, 0) > 1 || !this.#problem.isFeasible(changed)) continue;
        best = changed;
        improved = true;
        break;
      }
    }
    return best;
  }

  /** Cheaper choices: one group changed, then two. Those that save most first. */
  #cheaper(choice: readonly Option[]): (readonly Option[])[] {
    const moves = choice.map((option, g) => this.#neighbours(g, option));
    const single = moves.flatMap((options, g) => options.map(option => choice.with(g, option)));
    const pairs = moves.flatMap((options, g) =>
      options
        .filter(option => option.cost < choice[g]!.cost)
        .flatMap(option =>
          moves.flatMap((others, h) =>
            h === g ? [] : others.map(other => choice.with(g, option).with(h, other)),
          ),
        ),
    );
    const cost = costOfChoice(choice);
    const cheaper = (all: (readonly Option[])[]) =>
      all
        .map(one => ({ one, cost: costOfChoice(one) }))
        .filter(one => one.cost < cost - 1e-9)
        .sort((a, b) => a.cost - b.cost)
        .map(({ one }) => one);
    return [...cheaper(single), ...cheaper(pairs).slice(-pairLimit)];
  }

  /**
   * Other options for a group: a replica more or less, the batch sizes next to its own, and of every other hardware
   * type the kind that does with the cheapest replicas.
   */
  #neighbours(group: number, option: Option): Option[] {
    const { groups, fewest, most } = this.#problem;
    const [{ kind, replicas }] = option.pools as [Option['pools'][number]];
    const { kinds } = groups[group]!;
    const sameHardware = kinds.filter(({ hardware }) => hardware === kind.hardware);
    const at = sameHardware.indexOf(kind);
    const others = [...new Set(kinds.map(({ hardware }) => hardware))]
      .filter(hardware => hardware !== kind.hardware)
      .map(hardware =>
        kinds
          .filter(other => other.hardware === hardware)
          .reduce((best, other) => (fewest(group, other) < fewest(group, best) ? other : best)),
      );
    return [
      { kind, replicas: replicas - 1 },
      { kind, replicas: replicas + 1 },
      ...[at - 1, at + 1].flatMap(place => {
        const other = sameHardware[place];
        return other ? [0, -1].map(change => ({ kind: other, replicas: replicas + change })) : [];
      }),
      ...others.flatMap(other =>
        [0, 1].map(more => ({ kind: other, replicas: fewest(group, other) + more })),
      ),
    ]
      .filter(pool => pool.replicas >= 1 && pool.replicas <= most)
      .map(pool => optionOf([pool]));
  }

  #score(choice: readonly Option[], from: number): number {
    return this.#problem.relaxation.score(from, choice.map(simulatedPools));
  }
}

/** Pairs of changes that are tried, those that save least first: they are the likeliest to do. */
const pairLimit = 100;
