/** From the best plan with one pool per stage to plans that share replicas and mix hardware. */
import { roundCost } from '../cost.ts';
import { costOfChoice } from './choice.ts';
import type { Candidate, SearchContext } from './context.ts';
import { groupings, namesOf } from './fusion.ts';
import { improveMixed, searchOneMixed } from './mixed.ts';
import { searchGroup } from './option.ts';
import { Relaxation } from './relaxation.ts';
import { searchSinglePool, type SingleResult } from './single-pool-search.ts';

export interface Improved {
  found: Candidate;
  /** What the plan was chosen from. */
  space: string;
  /** Whether no cheaper plan of that space is feasible. */
  optimal: boolean;
  /** No feasible plan of that space costs less. */
  bound: number;
}

/** Ways to group the stages that are tried. */
const mostGroupings = 64;
/** Share of the budget that each of them may take. */
const groupingShare = 0.1;

export function improve(context: SearchContext, single: SingleResult): Improved {
  const { fusion, mixed } = context.options;
  const fused = fusion ? improveFused(context, single) : asIs(single);
  return mixed ? improveByMixing(context, fused, single.found.groups.length) : fused;
}

function asIs({ found, bound, proved }: SingleResult): Improved {
  return { found, space: 'single-pool', optimal: proved, bound };
}

/** Searches every other way to group the stages for something cheaper. */
function improveFused(context: SearchContext, single: SingleResult): Improved {
  const { structure } = context.system;
  const { groupings: ways, complete } = groupings(structure, mostGroupings);
  let best = single.found;
  let optimal = complete && single.proved;
  let bound = single.bound;
  for (const way of ways.slice(1)) {
    if (context.isOver()) {
      optimal = false;
      break;
    }
    const groups = way.map(group => searchGroup(context.system, namesOf(structure, group)));
    if (groups.some(({ kinds }) => kinds.length === 0)) continue;
    const result = searchSinglePool(context, groups, groupingShare, costOfChoice(best.choice));
    if (result.kind === 'none') optimal &&= result.proved;
    else {
      best = result.found;
      bound = Math.min(bound, result.bound);
      optimal &&= result.proved;
    }
  }
  // What was not searched to its end may cost as little as the work itself.
  const least = optimal ? costOfChoice(best.choice) : Math.min(bound, costOfWork(context));
  return {
    found: best,
    space: ways.length > 1 ? 'single-pool, fused' : 'single-pool',
    optimal,
    bound: least,
  };
}

function improveByMixing(context: SearchContext, from: Improved, stages: number): Improved {
  const { system, samples, slo, options, evaluator, limits, isOver } = context;
  const { groups, choice } = from.found;
  const types = new Set(groups.flatMap(({ kinds }) => kinds.map(({ hardware }) => hardware)));
  if (types.size < 2) return from;
  const problem = {
    groups,
    samples,
    slo,
    relaxation: new Relaxation(system, groups, samples, slo, evaluator),
    most: options.most,
    limits,
    isFeasible: (changed: typeof choice) => evaluator.isFeasible(groups, changed),
    isOver,
  };
  const space = from.space.replace('single-pool', 'mixed pools');
  if (stages === 1) {
    const result = searchOneMixed(problem, choice);
    const bound = result.bound ?? from.bound;
    return { found: { groups, choice: result.choice }, space, optimal: result.proved, bound };
  }
  const result = improveMixed(problem, choice);
  const bound = Math.min(from.bound, costOfWork(context));
  const cost = costOfChoice(result.choice);
  return { found: { groups, choice: result.choice }, space, optimal: cost <= bound, bound };
}

/**
 * What the work alone costs at least, however stages share replicas and whatever hardware is mixed: each piece of it
 * on the hardware and in the batches where it is cheapest, with replicas that are never idle.
 */
function costOfWork({ system, samples, slo, options }: SearchContext): number {
  const span = Math.max(...samples.map(({ arrivals }) => arrivals.at(-1)! - arrivals[0]!));
  const queries = Math.max(...samples.map(({ arrivals }) => arrivals.length));
  const share = Math.max(...slo.map(({ percentile, limit }) => (percentile / 100) * (span / (span + limit))));
  const rate = (0.95 * share * queries) / span;
  const stages = system.structure.stages.map(({ name }) => searchGroup(system, [name]));
  const cost = stages.reduce((sum, { visits, kinds }) => {
    const wake = ({ pool, batch }: (typeof kinds)[number]) => pool.wake / batch;
    // Sharing replicas saves a batch's own cost, never the stage's.
    return sum + rate * visits * Math.min(...kinds.map(kind => kind.price * (kind.work - wake(kind))));
  }, 0);
  return options.most > 0 ? roundCost(Math.max(0, cost)) : 0;
}
