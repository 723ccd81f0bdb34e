/**
 * The cheapest choice of one pool per group, proved: depth first over the groups in topological order, under a cost
 * that is raised step by step until a choice is found (iterative deepening: Korf 1985).
 *
 * Branches end where the groups chosen so far, worked out as they are, miss the objectives though the others are ideal;
 * and where the groups behind cost too much even if those before are ideal, but for the delay they surely add. A
 * complete choice is judged by the simulation.
 */
import { roundCost } from '../cost.ts';
import { Narrowing, tolerance, type Candidate } from './narrowing.ts';
import { costOfChoice } from './choice.ts';
import type { Kind, Option } from './option.ts';
import type { SearchProblem } from './problem.ts';
import { Suffixes } from './suffixes.ts';

export interface Found {
  /** By group; null if there is no feasible choice, or none was found in time. */
  choice: readonly Option[] | null;
  /** No feasible choice costs less. */
  bound: number;
  /** Whether the whole space is decided: the choice is the cheapest, or there is none. */
  proved: boolean;
}

/** By how much the cost is raised at least. */
const step = 1.03;

export class BranchAndBound {
  readonly #problem: SearchProblem;
  /** Candidates whatever the cost, and so where every search under a cost begins. */
  #start: readonly (readonly Candidate[])[];
  /** No feasible choice costs less. */
  #bound = 0;

  constructor(problem: SearchProblem) {
    this.#problem = problem;
    this.#start = problem.groups.map(({ kinds }, g) =>
      kinds.map(kind => ({ kind, fewest: problem.fewest(g, kind) })),
    );
  }

  /**
   * Finds out what each group can be at all. Returns whether there may be a feasible choice.
   * @param below only what costs less is looked for
   */
  begin(below = Infinity): boolean {
    const narrowing = new Narrowing(this.#problem, this.#start, below - 2 * tolerance);
    if (!narrowing.narrow()) return false;
    this.#start = narrowing.candidates;
    this.#bound = roundCost(narrowing.least[0]!);
    return true;
  }

  /** Fewest replicas of a kind that a group needs, as far as `begin` found out. */
  fewest(group: number, kind: Kind): number {
    return this.#start[group]!.find(candidate => candidate.kind === kind)?.fewest ?? Infinity;
  }

  /** @param known a feasible choice, if there is one: only cheaper ones are looked for. To be called after `begin`. */
  search(known: readonly Option[] | null, below = Infinity): Found {
    const { isOver, onBound } = this.#problem;
    const upper = (known ? costOfChoice(known) : below) - 2 * tolerance;
    for (;;) {
      const bound = Math.min(this.#bound, upper);
      if (isOver()) return { choice: known, bound, proved: false };
      onBound?.(bound);
      const ceiling = this.#raise(bound, upper);
      const best = this.#searchUnder(ceiling);
      if (isOver()) return { choice: best ?? known, bound, proved: false };
      if (best) return { choice: best, bound: costOfChoice(best), proved: true };
      if (ceiling >= Math.min(upper, this.#dearest))
        return { choice: known, bound: known ? costOfChoice(known) : Infinity, proved: true };
      this.#bound = ceiling;
    }
  }

  /** The cost to search under next: half way up to the known one, and all the way where that is near. */
  #raise(bound: number, upper: number): number {
    if (upper < Infinity) {
      const half = (bound + upper) / 2;
      return half * step > upper ? upper : half;
    }
    const prices = this.#problem.groups.flatMap(({ kinds }) =>
      kinds.flatMap(({ price }) => (price > 0 ? [price] : [])),
    );
    // Where hardware is free, the first step is the price of something that is not.
    return Math.max(bound * step, Math.min(...prices) * (step - 1));
  }

  #searchUnder(ceiling: number): readonly Option[] | null {
    const narrowing = new Narrowing(this.#problem, this.#start, ceiling);
    return narrowing.narrow() ? new Suffixes(this.#problem, narrowing).cheapest(ceiling) : null;
  }

  /** Cost of the dearest choice there is. */
  get #dearest(): number {
    const { groups, most } = this.#problem;
    return groups.reduce((sum, { kinds }) => sum + most * Math.max(...kinds.map(({ price }) => price)), 0);
  }
}
