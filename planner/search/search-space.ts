/** The cheapest plan of a space: found first, improved, and proved as far as time goes. */
import { costOfChoice, isWithinLimits } from './choice.ts';
import type { Candidate, SearchContext } from './context.ts';
import { costOfWork } from './cost-of-work.ts';
import { groupings, namesOf } from './fusion.ts';
import { isHeldBack } from './held-back.ts';
import { Improvement } from './improve.ts';
import { fastest, type NoPlan } from './infeasible.ts';
import { searchMixes } from './mixed.ts';
import { optionOf, searchGroup, type Kind, type Option, type SearchGroup } from './option.ts';
import { proveFused, type Known } from './prove-fused.ts';
import { SinglePoolSearch, type SingleResult } from './single-pool-search.ts';

export interface Searched extends Known {
  kind: 'searched';
  /** What the plan was chosen from. */
  space: string;
  /** What is known of one pool per stage, where that is a part of the space; null if no such plan was found. */
  single: SingleResult | null;
}

/**
 * Shares of the budget: until when a first plan is looked for, how long the steps from it may take before the proof of
 * it, and until when that goes on, and plans farther off are tried. What is left is the proof's again.
 */
const shares = { find: 0.6, steps: 0.2, prove: 0.75, explore: 0.95 };

/** @param at when a share of the budget is over, by the search's clock */
export function searchSpace(context: SearchContext, at: (share: number) => number): Searched | NoPlan {
  const { options, system } = context;
  const { stages } = system.structure;
  const groups = stages.map(({ name }) => searchGroup(system, [name]));
  const isMixed = options.mixed && groups.some(({ kinds }) => hardwareOf(kinds).length > 1);
  const isFused = options.fusion && groupings(system.structure, 2).groupings.length > 1;
  const space = (isMixed ? 'mixed pools' : 'single-pool') + (isFused ? ', fused' : '');
  const search = new SinglePoolSearch(context, groups);
  const first = search.find(at(shares.find));
  if (!isMixed && !isFused) {
    const single = search.prove(Infinity);
    if (single.kind === 'none') return single;
    const { found, bound, proved } = single;
    return { kind: 'searched', found, space, optimal: proved, bound, single: null };
  }
  const improvement = new Improvement(context, groups);
  const isDown = first !== null && improvement.descend(first, options.now() + at(shares.steps) - at(0));
  let single = search.prove(at(shares.prove));
  const better =
    single.kind === 'single' ? single.found : (first ?? everything(context, groups, isMixed, isFused));
  if (!better) return withoutStart(context, single as NoPlan, groups, space);
  const isBetter = !first || costOfChoice(better.choice) < costOfChoice(first.choice);
  if (isBetter) improvement.descend(better, at(shares.explore));
  else if (!isDown) improvement.descend(improvement.best, at(shares.explore));
  // Of one stage, every mix is looked through all the same.
  if (stages.length > 1) improvement.explore(at(shares.explore));
  if (!single.proved) {
    single = search.prove(Infinity);
    if (single.kind === 'single' && costOfChoice(single.found.choice) < costOfChoice(better.choice))
      improvement.descend(single.found, Infinity);
  }
  const { best: found } = improvement;
  const proved = single.kind === 'single' ? single : null;
  const known = isMixed ? proveMixed(context, proved, found) : proveFused(context, proved, found);
  return { kind: 'searched', ...known, space: space + heldIn(known), single: proved };
}

/** Where all there is does not do, a mix of less may, since slow replicas make queries late. */
function withoutStart(
  context: SearchContext,
  none: NoPlan,
  groups: readonly SearchGroup[],
  space: string,
): Searched | NoPlan {
  const known = context.options.mixed && groups.length === 1 ? searchMixes(context, groups[0]!, null) : null;
  return known ? { kind: 'searched', ...known, space: space + heldIn(known), single: null } : none;
}

const heldIn = ({ found }: Known): string => (found.choice.some(isHeldBack) ? ', held back' : '');

function proveMixed(context: SearchContext, single: SingleResult | null, found: Candidate): Known {
  const [group] = found.groups;
  if (context.system.structure.stages.length === 1) return searchMixes(context, group!, found)!;
  const bound = Math.min(single?.bound ?? Infinity, costOfWork(context));
  return { found, optimal: costOfChoice(found.choice) <= bound, bound };
}

const hardwareOf = (kinds: readonly Kind[]): string[] => [...new Set(kinds.map(({ hardware }) => hardware))];

/** A plan with all there may be, where one pool per stage is not enough; null if that is not enough either. */
function everything(
  context: SearchContext,
  alone: readonly SearchGroup[],
  isMixed: boolean,
  isFused: boolean,
): Candidate | null {
  const { system, limits, evaluator, options } = context;
  const { structure } = system;
  const ways = isFused ? groupings(structure, mostWays).groupings : [];
  const joined = ways.at(-1)?.map(group => searchGroup(system, namesOf(structure, group))) ?? [];
  for (const groups of isFused ? [joined, alone] : [alone]) {
    const most = ({ hardware }: Kind) =>
      Math.min(options.most, Math.max(1, Math.floor((limits[hardware] ?? Infinity) / groups.length)));
    const optionWith = (kinds: readonly Kind[]): Option =>
      optionOf(kinds.map(kind => ({ kind, replicas: most(kind) })));
    for (const largest of [true, false]) {
      const choice = groups.map(group => {
        const kinds = isMixed ? hardwareOf(group.kinds) : [fastest(group).hardware];
        return optionWith(
          kinds.map(hardware => {
            const its = group.kinds.filter(kind => kind.hardware === hardware);
            return largest ? its.at(-1)! : its[0]!;
          }),
        );
      });
      if (groups.some(({ kinds }) => kinds.length === 0) || !isWithinLimits(choice, limits)) continue;
      if (evaluator.isFeasible(groups, choice)) return { groups, choice };
    }
  }
  return null;
}

/** Ways to group the stages of which the last shares most. */
const mostWays = 64;
