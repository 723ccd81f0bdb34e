/**
 * The cheapest choice of one pool per group, proved: the search under a cost (`best-first.ts`), which is raised step by
 * step until a choice is found (iterative deepening: Korf 1985).
 *
 * Parts of the space end where the groups, worked out as they are with the most replicas and any batch size that the part
 * has, miss the objectives. A complete choice is judged by the simulation.
 */
import { roundCost, tolerance } from '../cost.ts';
import { searchBestFirst } from './best-first.ts';
import { Narrowing, type Candidate } from './narrowing.ts';
import { costOfChoice } from './choice.ts';
import type { Kind, Option } from './option.ts';
import type { SearchProblem } from './problem.ts';

export interface Found {
  /** By group; null if there is no feasible choice, or none was found in time. */
  choice: readonly Option[] | null;
  /** No feasible choice costs less. */
  bound: number;
  /** Whether the whole space is decided: the choice is the cheapest, or there is none. */
  proved: boolean;
}

/** By how much the cost is raised where none is known that is near. */
const step = 1.3;
const far = 1.7;

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
    this.#bound = roundCost(narrowing.least);
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
      const found = searchBestFirst(this.#problem, this.#start, ceiling);
      if (found.choice) return { choice: found.choice, bound: costOfChoice(found.choice), proved: true };
      this.#bound = Math.max(this.#bound, found.bound);
      if (isOver()) return { choice: known, bound: Math.min(this.#bound, upper), proved: false };
      if (ceiling >= Math.min(upper, this.#dearest))
        return { choice: known, bound: known ? costOfChoice(known) : Infinity, proved: true };
    }
  }

  /** The cost to search under next: all the way up to the known one, unless that is far. */
  #raise(bound: number, upper: number): number {
    if (upper <= bound * far) return upper;
    const prices = this.#problem.groups.flatMap(({ kinds }) =>
      kinds.flatMap(({ price }) => (price > 0 ? [price] : [])),
    );
    // Where hardware is free, the first step is the price of something that is not.
    return Math.min(upper, Math.max(bound * step, Math.min(...prices)));
  }

  /** Cost of the dearest choice there is. */
  get #dearest(): number {
    const { groups, most } = this.#problem;
    return groups.reduce((sum, { kinds }) => sum + most * Math.max(...kinds.map(({ price }) => price)), 0);
  }
}
