/** Searches for the cheapest plan that meets the objectives. */
import type { Group, Objective, Search } from '../../pipelines/index.ts';
import { estimate, type Estimate } from '../estimate.ts';
import { speedOf } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { costOfChoice } from './choice.ts';
import type { Candidate, SearchContext, SearchOptions } from './context.ts';
import { Evaluator } from './evaluator.ts';
import type { NoPlan } from './infeasible.ts';
import { proofMargin } from './margin.ts';
import { searchSpace } from './search-space.ts';

export interface FoundPlan {
  kind: 'found';
  groups: Group[];
  /** As the plan file has it. */
  search: Search;
  estimate: Estimate;
}

/**
 * The cheapest plan of the space asked for.
 *
 * First one pool per stage; then, from there, pools of different hardware and shared replicas, by improvement; and what
 * time is left goes to the proof. `optimal` is of the space that `search.space` names, and it and `bound` are of plans
 * that meet the objectives with `search.margin` of their limits to spare.
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
    progress: { best: null },
  };
  const result = searchSpace(context, share => begun + share * options.budget);
  if (result.kind === 'none') return result;
  const { found, space, optimal, bound, single } = result;
  const cost = costOfChoice(found.choice);
  return {
    kind: 'found',
    groups: groupsOf(found),
    search: {
      space,
      optimal,
      bound,
      margin: proofMargin,
      // What was proved of the part of the space that comes first.
      ...(single && {
        'single-pool': {
          cost: costOfChoice(single.found.choice),
          optimal: single.proved,
          bound: single.bound,
        },
      }),
      ...(!optimal && cost > 0 && { gap: Math.round((1 - bound / cost) * 1e4) / 1e4 }),
      evaluated: context.evaluator.evaluated,
      seconds: Math.round(options.now() - begun) / 1000,
    },
    estimate: estimate(system, groupsOf(found), samples, slo),
  };
}

/** A choice as a plan's groups. */
function groupsOf({ groups, choice }: Candidate): Group[] {
  return choice.map(({ pools }, g) => ({
    name: groups[g]!.stages.join('+'),
    stages: groups[g]!.stages,
    // Fastest first, in which order they take work.
    pools: pools
      .toSorted((a, b) => speedOf(a.kind.pool) - speedOf(b.kind.pool))
      .map(({ kind, replicas }) => {
        const { hardware, batch, maxWait, backlog } = kind.pool;
        return { hardware, batch, replicas, maxWait, ...(backlog !== undefined && { backlog }) };
      }),
  }));
}
