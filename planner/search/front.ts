import { After, type Structure } from '../simulation/structure.ts';

/**
 * Stages of the groups up to one that what is behind them is reached from, and those that nothing is behind: if these
 * are all over later by some time, a query takes longer by that. Null where something is reached from the start.
 * @param groupOf by stage
 */
export function frontOf({ stages }: Structure, groupOf: readonly number[], group: number): number[] | null {
  const front = new Set<number>();
  const isBehind = (stage: number) => groupOf[stage]! > group;
  for (const { index, needs, dependents, followers } of stages) {
    if (!isBehind(index)) {
      if (dependents.length + followers.length === 0) front.add(index);
      continue;
    }
    if (needs.length === 0 || needs.some(({ after }) => after.includes(After.start))) return null;
    for (const of of needs.flatMap(({ stage }) => [...stage])) if (!isBehind(of)) front.add(of);
  }
  // An empty list is known of where the list comes from.
  for (const stage of front)
    for (const of of stages[stage]!.lists.flatMap(list => [...list.stage])) if (of >= 0) front.add(of);
  return [...front];
}
