import { After, type Structure } from '../simulation/structure.ts';
import type { SearchGroup } from './option.ts';
import type { StagedSample } from './staged-sample.ts';

/**
 * Whether every query is over once it went from the last stage of a group through all groups behind it, one stage after
 * the other: its latency is then the sum of what they take.
 */
export function isTail(
  { stages }: Structure,
  { units, last }: StagedSample,
  groups: readonly SearchGroup[],
  group: number,
): boolean {
  const way = [
    groups[group]!.indices.at(-1)!,
    ...groups.slice(group + 1).flatMap(({ indices }) => [...indices]),
  ];
  return (
    last.length === 1 &&
    last[0] === way.at(-1) &&
    way.every((stage, place) => {
      const { perItem, needs } = stages[stage]!;
      if (perItem || !units[stage]!.allPresent) return false;
      if (place === 0) return true;
      const [need, ...others] = needs;
      return others.length === 0 && need!.after[0] === After.stage && need!.stage[0] === way[place - 1];
    })
  );
}
