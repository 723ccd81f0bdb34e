/**
 * Choices of replicas where the hardware of each group is settled: from some replicas of each to some others.
 *
 * What does not do with the most replicas of all groups does with none. So a group needs more than the fewest where
 * these don't do with the most of all others; and the more it needs, the less money is left to the others.
 */
import { roundCost, tolerance } from '../cost.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { Candidate } from './narrowing.ts';
import { withSmaller, type Option } from './option.ts';
import type { SearchProblem } from './problem.ts';
import { settleBatches } from './settle-batches.ts';

export class Box {
  /** By group: what it may be, all on one type of hardware. */
  readonly #candidates: readonly (readonly Candidate[])[];
  readonly #problem: SearchProblem;
  readonly #ceiling: number;
  /** Fewest and most replicas of each group. */
  readonly #low: number[];
  #high: number[];
  /** The fewest replicas that don't do, as was found out before. */
  #failed = '';

  /**
   * @param candidates by group, all of a group on one type of hardware, by ascending batch size
   * @param ceiling what costs more is left out
   */
  constructor(
    problem: SearchProblem,
    candidates: readonly (readonly Candidate[])[],
    ceiling: number,
    low = candidates.map(its => Math.min(...its.map(({ fewest }) => fewest))),
    high = candidates.map(() => problem.most),
  ) {
    this.#problem = problem;
    this.#candidates = candidates;
    this.#ceiling = ceiling;
    this.#low = [...low];
    this.#high = [...high];
  }

  /** Cost of all groups at least. */
  get least(): number {
    return roundCost(this.#low.reduce((sum, replicas, g) => sum + replicas * this.#priceOf(g), 0));
  }

  /** Raises the fewest replicas until all of them could do. Returns whether there is something left. */
  shrink(): boolean {
    const { isOver } = this.#problem;
    const held = new Set<string>();
    for (let raised = true; raised;) {
      if (!this.#lower() || this.#isRuledOut(this.#high)) return false;
      raised = false;
      // From the last group, so that what stands before it stays as it was worked out.
      for (let g = this.#low.length - 1; g >= 0 && !raised && !isOver(); g--) {
        if (this.#low[g] === this.#high[g]) continue;
        const replicas = this.#high.with(g, this.#low[g]!);
        if (held.has(replicas.join())) continue;
        raised = this.#isRuledOut(replicas);
        if (raised) this.#low[g]!++;
        else held.add(replicas.join());
      }
    }
    return true;
  }

  /** A feasible choice with the fewest replicas of all groups, if there is one. */
  settle(): readonly Option[] | null {
    const key = this.#low.join();
    if (key === this.#failed) return null;
    this.#failed = key;
    const kinds = this.#candidates.map((candidates, g) =>
      candidates.flatMap(({ kind, fewest }) => (fewest <= this.#low[g]! ? [kind] : [])),
    );
    return settleBatches(this.#problem, kinds, this.#low);
  }

  /** The same in two parts; with nothing to choose, in none. To be called when `settle` found nothing. */
  split(): Box[] {
    const open = this.#low.flatMap((fewest, g) => (fewest < this.#high[g]! ? [g] : []));
    if (open.length === 0) return [];
    const dearest = open.reduce((best, g) => (this.#priceOf(g) > this.#priceOf(best) ? g : best));
    const fewest = this.#low[dearest]!;
    return [
      this.#part(this.#low, this.#high.with(dearest, fewest)),
      this.#part(this.#low.with(dearest, fewest + 1), this.#high),
    ];
  }

  #part(low: number[], high: number[]): Box {
    const part = new Box(this.#problem, this.#candidates, this.#ceiling, low, high);
    part.#failed = this.#failed;
    return part;
  }

  /** Lowers the most replicas to what the others leave. Returns whether that is never less than the fewest. */
  #lower(): boolean {
    const { limits } = this.#problem;
    const left = this.#ceiling + tolerance - this.least;
    this.#high = this.#high.map((most, g) => {
      const { hardware, price } = this.#candidates[g]![0]!.kind;
      const others = this.#low.reduce(
        (sum, replicas, other) =>
          other !== g && this.#hardwareOf(other) === hardware ? sum + replicas : sum,
        0,
      );
      const affordable = price > 0 ? this.#low[g]! + Math.floor(left / price) : Infinity;
      return Math.min(most, affordable, (limits[hardware] ?? Infinity) - others);
    });
    return left >= 0 && this.#low.every((replicas, g) => replicas <= this.#high[g]!);
  }

  #isRuledOut(replicas: readonly number[]): boolean {
    return this.#problem.relaxation.together(replicas.map((count, g) => this.#waysOf(g, count))).ruledOut;
  }

  #waysOf(group: number, replicas: number): SimulatedPool[][] {
    const { kind } = this.#candidates[group]!.findLast(({ fewest }) => fewest <= replicas)!;
    return withSmaller(this.#problem.groups[group]!, kind, replicas);
  }

  #hardwareOf(group: number): string {
    return this.#candidates[group]![0]!.kind.hardware;
  }

  #priceOf(group: number): number {
    return this.#candidates[group]![0]!.kind.price;
  }
}
