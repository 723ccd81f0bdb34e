/** The cheapest plan with one pool per group, for one way to group the stages. */
import { BranchAndBound } from './branch-and-bound.ts';
import { costOfChoice, isWithinLimits } from './choice.ts';
import type { SearchProblem } from './problem.ts';
import type { Candidate, SearchContext } from './context.ts';
import { explain, fastest, type NoPlan } from './infeasible.ts';
import { LocalSearch } from './local-search.ts';
import { optionOf, type Kind, type Option, type SearchGroup } from './option.ts';
import { Relaxation } from './relaxation.ts';
import { fewestReplicas } from './fewest-replicas.ts';
import type { Sample } from '../workload/workload.ts';

/** Share of the time there is that may go to finding a plan to start from. */
const shares = { start: 0.6 };

/** Queries that show well enough how plans compare, where each is one item at each stage. */
const partSize = 5000;

export interface SingleResult {
  kind: 'single';
  found: Candidate;
  /** No plan with one pool per group of this grouping costs less. */
  bound: number;
  proved: boolean;
}

/**
 * The cheapest choice of one pool per group.
 * @param share of the budget that it may take
 * @param below only what costs less is looked for
 */
export function searchSinglePool(
  context: SearchContext,
  groups: readonly SearchGroup[],
  share: number,
  below = Infinity,
): SingleResult | NoPlan {
  const { system, samples, slo, options, evaluator, limits } = context;
  /** Over after a share of the time there is, from now. */
  const within = (part: number) => {
    const end = options.now() + part * share * options.budget;
    return () => context.isOver() || options.now() > end;
  };
  const allOver = within(1);
  let best: number | null = below < Infinity ? below : null;
  const relaxation = new Relaxation(system, groups, samples, slo, evaluator);
  const cached = new Map<Kind, number>();
  const fewest = (group: number, kind: Kind) => {
    const found = cached.get(kind) ?? fewestReplicas(groups[group]!, kind, samples, slo);
    cached.set(kind, found);
    return found;
  };
  const isFeasible = (choice: readonly Option[]) => evaluator.isFeasible(groups, choice);
  const problem = { groups, relaxation, fewest, most: options.most, limits, isFeasible };
  const proof = new BranchAndBound({
    ...problem,
    isOver: allOver,
    onBound: bound =>
      options.onProgress?.({ phase: 'searching', best, bound, evaluated: evaluator.evaluated }),
  });
  const nothing = (proved: boolean): NoPlan => {
    if (below < Infinity) return { kind: 'none', message: 'nothing is cheaper', proved };
    const none = explanation(context, groups, fewest);
    return proved ? none : { ...none, proved, message: `no plan was found in time; ${none.message}` };
  };
  if (!proof.begin(below)) return nothing(true);
  const dearest = quickest(groups, problem);
  const local = new LocalSearch({
    ...problem,
    guide: new Relaxation(system, groups, partOf(samples, groups), slo, evaluator),
    fewest: (g, kind) => proof.fewest(g, kind),
    isOver: within(shares.start),
  }).find(dearest);
  const isCheaper = (choice: readonly Option[]) => costOfChoice(choice) < below - 1e-9;
  const isPlan = (choice: readonly Option[]) => isWithinLimits(choice, limits) && isFeasible(choice);
  // With a plan in hand, only what is cheaper is left to rule out.
  const plan = local ?? (isCheaper(dearest) && isPlan(dearest) ? dearest : null);
  const start = plan && isCheaper(plan) ? plan : null;
  if (start) best = costOfChoice(start);
  const found = proof.search(start, below);
  const { choice, bound, proved } = found;
  if (!choice) return nothing(proved);
  return { kind: 'single', found: { groups, choice }, bound, proved };
}

/** The first queries of the first sample: fewer where they bring more items. */
function partOf([sample]: readonly Sample[], groups: readonly SearchGroup[]): Sample[] {
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
