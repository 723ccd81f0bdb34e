/** Batch sizes for groups of which the hardware and the replicas are settled. */
import { optionOf, type Kind, type Option } from './option.ts';
import type { SearchProblem } from './problem.ts';

/**
 * A feasible choice, if there is one: first each batch size by itself, with those of the other groups open; then, of
 * what is left, one group after the other.
 * @param all what each group may be, by ascending batch size; all of a group on one type of hardware
 * @param replicas of each group
 */
export function settleBatches(
  problem: SearchProblem,
  all: readonly (readonly Kind[])[],
  replicas: readonly number[],
): readonly Option[] | null {
  const { relaxation, isFeasible, isOver } = problem;
  const left = all.map(kinds => [...kinds]);
  const waysOf = (kinds: readonly (readonly Kind[])[]) =>
    kinds.map((its, g) => its.map(({ pool }) => [{ ...pool, replicas: replicas[g]! }]));
  const tryWith = (group: number, kind: Kind) => relaxation.together(waysOf(left.with(group, [kind])));

  /** The batch sizes of a group that may do, those of the others open. */
  const openOf = (group: number) => {
    const kept: Kind[] = [];
    for (const kind of left[group]!) {
      const { ruledOut, passages } = tryWith(group, kind);
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
      return relaxation.isTooSlow(waysOf(left)) || !isFeasible(choice) ? null : choice;
    }
    const open = left[group]!;
    for (const kind of open) {
      left[group] = [kind];
      const found = open.length > 1 && tryWith(group, kind).ruledOut ? null : search(group + 1);
      if (found) return found;
    }
    left[group] = open;
    return null;
  };

  if (relaxation.together(waysOf(left)).ruledOut) return null;
  // From the last group, so that what stands before it stays as it was worked out.
  for (let group = left.length - 1; group >= 0; group--) {
    left[group] = openOf(group);
    if (left[group]!.length === 0) return null;
  }
  return search(0);
}
