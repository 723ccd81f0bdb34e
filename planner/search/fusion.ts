/** Which neighbouring stages may share replicas, and all the ways to group them. */
import { After, type StageStructure, type Structure } from '../simulation/structure.ts';

/** Stages that everything a stage reads comes from. */
export function ancestorsOf({ stages }: Structure): Set<number>[] {
  const ancestors: Set<number>[] = [];
  for (const { needs } of stages) {
    const sources = needs.flatMap(({ stage }) => [...stage].filter(of => of >= 0));
    ancestors.push(new Set(sources.flatMap(of => [of, ...ancestors[of]!])));
  }
  return ancestors;
}

/**
 * Whether stages can go through one replica in one go, always: they run at the same scope, none is decided on its own,
 * and whatever one of them reads is there when the first starts or comes from those before it.
 * @param group stages by number, in topological order
 */
export function canShare(
  { stages }: Structure,
  ancestors: readonly Set<number>[],
  group: readonly number[],
): boolean {
  const first = stages[group[0]!]!;
  const members = new Set(group);
  return group.every((index, place) => {
    const stage = stages[index]!;
    if (stage.apart || stage.gated || stage.perItem !== first.perItem || stage.fanOut !== first.fanOut)
      return false;
    if (place === 0) return true;
    let linked = false;
    const met = stage.needs.every(({ after, stage: of }) => {
      const source = of[0]!;
      const inside = members.has(source) && source < index;
      linked ||= inside;
      if (of.length > 1) return false;
      return inside
        ? after[0] === (stage.perItem ? After.item : After.stage)
        : ancestors[first.index]!.has(source);
    });
    return met && linked;
  });
}

/** Names of the stages a group is joined from, in order. */
export function namesOf({ stages }: Structure, group: readonly number[]): string[] {
  return group.map(index => (stages[index] as StageStructure).name);
}

/**
 * Ways to group the stages, none shared first, then by how many share.
 * @param most ways that are listed at most; `complete` says whether those are all
 */
export function groupings(
  structure: Structure,
  most: number,
): { groupings: number[][][]; complete: boolean } {
  const ancestors = ancestorsOf(structure);
  const alone = structure.stages.map(({ index }) => [index]);
  const found: number[][][] = [alone];
  const seen = new Set([JSON.stringify(alone)]);
  for (let at = 0; at < found.length; at++) {
    for (const [g, group] of found[at]!.entries()) {
      for (let h = g + 1; h < found[at]!.length; h++) {
        const joined = [...group, ...found[at]![h]!].sort((a, b) => a - b);
        if (!canShare(structure, ancestors, joined)) continue;
        const grouping = found[at]!.filter((_, place) => place !== g && place !== h);
        grouping.push(joined);
        grouping.sort((a, b) => a[0]! - b[0]!);
        const key = JSON.stringify(grouping);
        if (seen.has(key)) continue;
        if (found.length === most) return { groupings: found, complete: false };
        seen.add(key);
        found.push(grouping);
      }
    }
  }
  return { groupings: found, complete: true };
}
