/** What is known of one pool per group, however the stages are grouped. */
import { costOfChoice } from './choice.ts';
import type { Candidate, SearchContext } from './context.ts';
import { costOfWork } from './cost-of-work.ts';
import { groupings, namesOf } from './fusion.ts';
import { searchGroup } from './option.ts';
import { SinglePoolSearch, type SingleResult } from './single-pool-search.ts';

/** What is known of a space. */
export interface Known {
  found: Candidate;
  /** Whether no cheaper plan of the space is feasible. */
  optimal: boolean;
  /** No feasible plan of the space costs less. */
  bound: number;
}

/** Ways to group the stages that are searched. */
const mostGroupings = 64;
/** Share of the budget that each of them may take. */
const groupingShare = 0.1;

/**
 * Searches every other way to group the stages for something cheaper.
 * @param single what is known of the stages by themselves; null: nothing
 */
export function proveFused(context: SearchContext, single: SingleResult | null, found: Candidate): Known {
  const { system, options } = context;
  const { groupings: ways, complete } = groupings(system.structure, mostGroupings);
  let best = found;
  let optimal = complete && single !== null && single.proved;
  for (const way of ways.slice(1)) {
    if (context.isOver()) {
      optimal = false;
      break;
    }
    const groups = way.map(group => searchGroup(system, namesOf(system.structure, group)));
    if (groups.some(({ kinds }) => kinds.length === 0)) continue;
    const search = new SinglePoolSearch(context, groups, costOfChoice(best.choice));
    const result = search.prove(options.now() + groupingShare * options.budget);
    optimal &&= result.proved;
    if (result.kind === 'single') best = result.found;
  }
  // What was not searched to its end may cost as little as the work itself.
  const bound = optimal
    ? costOfChoice(best.choice)
    : Math.min(single?.bound ?? Infinity, costOfWork(context));
  return { found: best, optimal, bound };
}
