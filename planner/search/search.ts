/** Searches for the cheapest plan that meets the objectives. */
import type { Group, Objective, Search } from '../../pipelines/index.ts';
import { estimate, type Estimate } from '../estimate.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { costOfChoice } from './choice.ts';
import type { Candidate, SearchContext, SearchOptions } from './context.ts';
import { Evaluator } from './evaluator.ts';
import { improve } from './improve.ts';
import type { NoPlan } from './infeasible.ts';
import { searchGroup } from './option.ts';
import { searchSinglePool } from './single-pool-search.ts';

export interface FoundPlan {
  kind: 'found';
  groups: Group[];
  /** As the plan file has it. */
  search: Search;
  estimate: Estimate;
}

/** Share of the budget that one pool per stage may take where other plans are searched too. */
const singleShare = 0.5;

/**
 * The cheapest plan of the space asked for.
 *
 * First one pool per stage, proved optimal where time allows; then, from there, pools of different hardware and shared
 * replicas, by improvement. `optimal` is of the space that `search.space` names.
 *
 * @param samples arrivals the plan is sized for; feasibility is over all of them together
 * @param slo at least one objective
 */
export function searchPlan(
  system: System,
  samples: readonly Sample[],
  slo: readonly Objective[],
  options: SearchOptions,
): FoundPlan | NoPlan {
  const begun = options.now();
  const context: SearchContext = {
    system,
    samples,
    slo,
    options,
    evaluator: new Evaluator(system, samples, slo),
    limits: system.hardware.limits,
    isOver: () => options.now() - begun > options.budget,
  };
  const groups = system.structure.stages.map(({ name }) => searchGroup(system, [name]));
  const single = searchSinglePool(context, groups, options.mixed || options.fusion ? singleShare : 1);
  if (single.kind === 'none') return single;
  const improved = improve(context, single);
  const best = improved.found;
  const cost = costOfChoice(best.choice);
  return {
    kind: 'found',
    groups: groupsOf(best),
    search: {
      space: improved.space,
      optimal: improved.optimal,
      bound: improved.bound,
      // What was proved of the part of the space that comes first.
      ...(improved.space !== 'single-pool' && {
        'single-pool': {
          cost: costOfChoice(single.found.choice),
          optimal: single.proved,
          bound: single.bound,
        },
      }),
      ...(!improved.optimal && cost > 0 && { gap: Math.round((1 - improved.bound / cost) * 1e4) / 1e4 }),
      evaluated: context.evaluator.evaluated,
      seconds: Math.round(options.now() - begun) / 1000,
    },
    estimate: estimate(system, groupsOf(best), samples, slo),
  };
}

/** A choice as a plan's groups. */
function groupsOf({ groups, choice }: Candidate): Group[] {
  return choice.map(({ pools }, g) => ({
    name: groups[g]!.stages.join('+'),
    stages: groups[g]!.stages,
    pools: pools.map(({ kind: { hardware, batch }, replicas }) => ({
      hardware,
      batch,
      replicas,
      maxWait: 0,
    })),
  }));
}
