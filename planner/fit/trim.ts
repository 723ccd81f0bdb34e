/** Takes away what a choice can do without. */
import { optionOf, type Option } from '../search/option.ts';
import type { Placement, UnionProblem } from './union-problem.ts';

/** Threads of all replicas, and then the batch: what less of is simpler. */
function sizeOf({ pools }: Option): readonly [threads: number, batch: number] {
  return [
    pools.reduce((sum, { kind, replicas }) => sum + kind.pool.threads * replicas, 0),
    Math.max(...pools.map(({ kind }) => kind.batch)),
  ];
}

function isLess(a: Option, b: Option): boolean {
  const [threads, batch] = sizeOf(a);
  const [otherThreads, otherBatch] = sizeOf(b);
  return threads < otherThreads || (threads === otherThreads && batch < otherBatch);
}

/** The choice with fewer threads, and then smaller batches, wherever a group holds the rate with them. */
export function trim(
  problem: UnionProblem,
  placements: readonly Placement[],
  rate: number,
  isOver: () => boolean,
): readonly Placement[] {
  let trimmed = placements;
  for (const at of placements.keys()) {
    const { group, option } = trimmed[at]!;
    const smaller = group.kinds
      .flatMap(kind =>
        Array.from({ length: Math.min(problem.most(kind), 4) }, (_, more) =>
          optionOf([{ kind, replicas: more + 1 }]),
        ),
      )
      .filter(other => isLess(other, option))
      .toSorted((a, b) => (isLess(a, b) ? -1 : 1));
    for (const other of smaller) {
      if (isOver()) return trimmed;
      const changed = trimmed.with(at, { ...trimmed[at]!, option: other });
      if (!problem.holds(changed, rate)) continue;
      trimmed = changed;
      break;
    }
  }
  return trimmed;
}
