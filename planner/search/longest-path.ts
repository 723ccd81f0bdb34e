import type { System } from '../system.ts';
import type { SearchGroup } from './option.ts';

/**
 * The longest way through groups that every query passes, each needing the one before, by service time on the fastest
 * hardware.
 * @param groups in topological order
 * @param always whether every query passes it once, by group
 */
export function longestPath(
  system: System,
  groups: readonly SearchGroup[],
  always: readonly boolean[],
): number[] {
  const { stages } = system.structure;
  const groupOf = new Map(groups.flatMap(({ indices }, g) => [...indices].map(stage => [stage, g] as const)));
  const ways: { groups: number[]; time: number }[] = [];
  for (const [g, { indices, kinds }] of groups.entries()) {
    let before = { groups: [] as number[], time: 0 };
    if (always[g]) {
      for (const { stage } of stages[indices[0]!]!.needs) {
        // The first alternative always is there, or the group would not always be.
        const from = groupOf.get(stage[0]!)!;
        if (stage.length === 1 && ways[from]!.time > before.time) before = ways[from]!;
      }
      const time = Math.min(...kinds.map(({ pool }) => pool.times.reduce((sum, of) => sum + of.mean(1), 0)));
      before = { groups: [...before.groups, g], time: before.time + time };
    }
    ways.push(before);
  }
  return ways.reduce((best, way) => (way.time > best.time ? way : best), ways[0]!).groups;
}
