/** From plans with one pool per stage to plans that share replicas and mix hardware. */
import { costOfChoice } from './choice.ts';
import { note, type Candidate, type SearchContext } from './context.ts';
import { Descent } from './descent.ts';
import type { SearchGroup } from './option.ts';
import { Regrouping } from './regroup.ts';
import { partOf } from './single-pool-search.ts';
import { Trial } from './trial.ts';

/** Queries of which a part stands for the whole. */
const mostWhole = 10_000;
/** Plans from which steps to cheaper ones are tried, and how much dearer than the best they may be. */
const mostStarts = 24;
const farther = 1.2;

export class Improvement {
  readonly #context: SearchContext;
  readonly #descent: Descent;
  /** When to stop, by the search's clock. */
  #end = Infinity;
  #best: Candidate | null = null;
  readonly #waiting: Candidate[] = [];
  readonly #seen = new Set<string>();

  /** @param alone the groups of one stage each */
  constructor(context: SearchContext, alone: readonly SearchGroup[]) {
    const { system, samples, slo, evaluator, options } = context;
    this.#context = {
      ...context,
      isOver: () => context.isOver() || options.now() > this.#end,
    };
    const whole = new Trial(system, samples, slo, evaluator);
    const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    const guide = queries <= mostWhole ? whole : new Trial(system, partOf(samples, alone), slo, evaluator);
    this.#descent = new Descent(this.#context, new Regrouping(system, alone), guide, whole);
  }

  /** The cheapest plan so far. */
  get best(): Candidate {
    return this.#best!;
  }

  /**
   * Goes from a feasible plan to the cheapest that steps lead to. Returns whether it came to an end.
   * @param until when to stop, by the search's clock
   */
  descend(start: Candidate, until: number): boolean {
    this.#end = until;
    this.#seen.add(keyOf(start));
    this.#keep(start);
    this.#descendFrom(start);
    return !this.#context.isOver();
  }

  /**
   * Goes on from the cheapest plans around those that were reached, for other ways to group the stages or on other
   * hardware, though they are dearer at first: best first.
   */
  explore(until: number): void {
    this.#end = until;
    for (let starts = 0; starts < mostStarts && this.#waiting.length > 0 && !this.#context.isOver();) {
      this.#waiting.sort((a, b) => costOfChoice(a.choice) - costOfChoice(b.choice));
      const next = this.#waiting.shift()!;
      if (!this.#descent.isFeasible(next)) continue;
      starts++;
      this.#descendFrom(next);
    }
  }

  #descendFrom(start: Candidate): void {
    this.#keep(this.#descent.from(start));
    for (const other of this.#descent.around(costOfChoice(this.best.choice) * farther)) {
      if (this.#seen.has(keyOf(other))) continue;
      this.#seen.add(keyOf(other));
      this.#waiting.push(other);
    }
  }

  #keep(plan: Candidate): void {
    if (!this.#best || costOfChoice(plan.choice) < costOfChoice(this.#best.choice)) this.#best = plan;
    note(this.#context, costOfChoice(plan.choice));
  }
}

/** How the stages are grouped, and on what hardware. */
function keyOf({ groups, choice }: Candidate): string {
  return JSON.stringify(
    groups.map(({ stages }, g) => [stages, choice[g]!.pools.map(({ kind }) => kind.hardware)]),
  );
}
