/** The cheapest plan with one pool per group, for one way to group the stages. */
import { BranchAndBound } from './branch-and-bound.ts';
import { costOfChoice, isWithinLimits } from './choice.ts';
import type { SearchProblem } from './problem.ts';
import { note, type Candidate, type SearchContext } from './context.ts';
import { explain, fastest, type NoPlan } from './infeasible.ts';
import { LocalSearch } from './local-search.ts';
import { optionOf, type Kind, type Option, type SearchGroup } from './option.ts';
import { Relaxation } from './relaxation.ts';
import { fewestReplicas } from './fewest-replicas.ts';
import type { Sample } from '../workload/workload.ts';

/** Queries that show well enough how plans compare, where each is one item at each stage. */
const partSize = 5000;

export interface SingleResult {
  kind: 'single';
  found: Candidate;
  /** No plan with one pool per group of this grouping costs less. */
  bound: number;
  proved: boolean;
}

/** The cheapest choice of one pool per group: first a good one, then the proof, which may be broken off and gone on with. */
export class SinglePoolSearch {
  readonly #context: SearchContext;
  readonly #groups: readonly SearchGroup[];
  readonly #below: number;
  readonly #proof: BranchAndBound;
  readonly #problem: Omit<SearchProblem, 'isOver'>;
  /** Whether there may be a plan at all. */
  readonly #mayBe: boolean;
  /** When this search has to pause. */
  #end = Infinity;
  #best: readonly Option[] | null = null;

  /** @param below only what costs less is looked for */
  constructor(context: SearchContext, groups: readonly SearchGroup[], below = Infinity) {
    const { system, samples, slo, options, evaluator, limits } = context;
    this.#context = context;
    this.#groups = groups;
    this.#below = below;
    const cached = new Map<Kind, number>();
    this.#problem = {
      groups,
      relaxation: new Relaxation(system, groups, samples, slo, evaluator),
      fewest: (group, kind) => {
        const found = cached.get(kind) ?? fewestReplicas(groups[group]!, kind, samples, slo);
        cached.set(kind, found);
        return found;
      },
      most: options.most,
      limits,
      isFeasible: choice => evaluator.isFeasible(groups, choice),
    };
    this.#proof = new BranchAndBound({
      ...this.#problem,
      isOver: this.#isOver,
      onBound: bound =>
        options.onProgress?.({
          phase: 'searching',
          best: context.progress.best,
          bound,
          evaluated: evaluator.evaluated,
        }),
    });
    this.#mayBe = this.#proof.begin(below);
  }

  /**
   * A good plan soon, if one is found.
   * @param until when to stop, by the search's clock
   */
  find(until: number): Candidate | null {
    const { system, samples, slo, evaluator, limits } = this.#context;
    if (!this.#mayBe) return null;
    this.#end = until;
    const groups = this.#groups;
    const dearest = quickest(groups, this.#problem);
    const local = new LocalSearch({
      ...this.#problem,
      guide: new Relaxation(system, groups, partOf(samples, groups), slo, evaluator),
      fewest: (g, kind) => this.#proof.fewest(g, kind),
      isOver: this.#isOver,
    }).find(dearest);
    const isCheaper = (choice: readonly Option[]) => costOfChoice(choice) < this.#below - 1e-9;
    const isPlan = (choice: readonly Option[]) =>
      isWithinLimits(choice, limits) && this.#problem.isFeasible(choice);
    // With a plan in hand, only what is cheaper is left to rule out.
    const plan = local ?? (isCheaper(dearest) && isPlan(dearest) ? dearest : null);
    this.#best = plan && isCheaper(plan) ? plan : null;
    if (!this.#best) return null;
    note(this.#context, costOfChoice(this.#best));
    return { groups, choice: this.#best };
  }

  /** Proves what was found, or finds what is cheaper, as far as it comes. */
  prove(until: number): SingleResult | NoPlan {
    if (!this.#mayBe) return this.#nothing(true);
    this.#end = until;
    const { choice, bound, proved } = this.#proof.search(this.#best, this.#below);
    this.#best = choice;
    if (!choice) return this.#nothing(proved);
    return { kind: 'single', found: { groups: this.#groups, choice }, bound, proved };
  }

  readonly #isOver = () => this.#context.isOver() || this.#context.options.now() > this.#end;

  #nothing(proved: boolean): NoPlan {
    if (this.#below < Infinity) return { kind: 'none', message: 'nothing is cheaper', proved };
    const none = explanation(this.#context, this.#groups, this.#problem.fewest);
    return proved ? none : { ...none, proved, message: `no plan was found in time; ${none.message}` };
  }
}

/** The first queries of the first sample: fewer where they bring more items. */
export function partOf([sample]: readonly Sample[], groups: readonly SearchGroup[]): Sample[] {
  const visits = groups.reduce((sum, group) => sum + group.visits, 0) / groups.length;
  return [{ ...sample!, arrivals: sample!.arrivals.slice(0, partSize / Math.max(1, visits)) }];
}

/** The fastest hardware with all the replicas there may be: dear, but mostly a plan. */
function quickest(
  groups: readonly SearchGroup[],
  { most, limits }: Pick<SearchProblem, 'most' | 'limits'>,
): readonly Option[] {
  return groups.map(group => {
    const kind = fastest(group);
    return optionOf([{ kind, replicas: Math.max(1, Math.min(most, limits[kind.hardware] ?? most)) }]);
  });
}

function explanation(
  { system, samples, slo, limits, options }: SearchContext,
  groups: readonly SearchGroup[],
  fewest: (group: number, kind: Kind) => number,
): NoPlan {
  return explain({
    system,
    groups,
    samples,
    slo,
    most: ({ hardware }) => Math.min(options.most, limits[hardware] ?? options.most),
    fewest,
  });
}
