/** Batch sizes for groups of which the hardware and the replicas are settled. */
import { optionOf, withSmaller, type Kind, type Option } from './option.ts';
import type { SearchProblem } from './problem.ts';

/**
 * A feasible choice, if there is one: first each batch size by itself, with those of the other groups open; then, of
 * what is left, one group after the other. Since groups are in topological order, it is known when everything reaches
 * the first that is still open.
 * @param all what each group may be, by ascending batch size; all of a group on one type of hardware
 * @param replicas of each group
 */
export function settleBatches(
  problem: SearchProblem,
  all: readonly (readonly Kind[])[],
  replicas: readonly number[],
): readonly Option[] | null {
  const { groups, relaxation, isFeasible, isOver } = problem;
  const left = all.map(kinds => [...kinds]);
  /** @param settled so many groups have the one batch size that is left to them */
  const tryWith = (kinds: readonly (readonly Kind[])[], settled: number) =>
    relaxation.together(
      kinds.map((its, g) =>
        g < settled
          ? [[{ ...its[0]!.pool, replicas: replicas[g]! }]]
          : withSmaller(groups[g]!, its.at(-1)!, replicas[g]!),
      ),
      settled > 0,
    );

  /** The batch sizes of a group that may do, those of the others open. */
  const openOf = (group: number) => {
    const kept: Kind[] = [];
    for (const kind of left[group]!) {
      const { ruledOut, passages } = tryWith(left.with(group, [kind]), 0);
      if (!ruledOut) kept.push(kind);
      // No batch was ever full: larger ones would be the same.
      if (isOver() || passages[group]!.largest < kind.batch) break;
    }
    return kept;
  };

  const search = (group: number): readonly Option[] | null => {
    if (isOver()) return null;
    if (group === left.length) {
      const choice = left.map(([kind], g) => optionOf([{ kind: kind!, replicas: replicas[g]! }]));
      return isFeasible(choice) ? choice : null;
    }
    const open = left[group]!;
    for (const kind of open) {
      left[group] = [kind];
      const found = tryWith(left, group + 1).ruledOut ? null : search(group + 1);
      if (found) return found;
    }
    left[group] = open;
    return null;
  };

  if (tryWith(left, 0).ruledOut) return null;
  // From the last group, so that what stands before it stays as it was worked out.
  for (let group = left.length - 1; group >= 0; group--) {
    left[group] = openOf(group);
    if (left[group]!.length === 0) return null;
  }
  return search(0);
}
