/** The choices that one change away from a choice are. */
import { optionOf, type Kind, type Option } from '../search/option.ts';
import { placeAlone } from './start.ts';
import type { Placement, UnionProblem } from './union-problem.ts';

export interface Change {
  placements: readonly Placement[];
  /** Place of the group that changed. */
  at: number;
}

/**
 * Choices with one change of one group: its hardware, batch size or replicas, a second pool, a limited replica that
 * another group gives up, sharing replicas with a neighbour, or no longer.
 *
 * @param from the place of the group to begin with
 */
export function* changesOf(
  problem: UnionProblem,
  placements: readonly Placement[],
  from: number,
): Generator<Change> {
  for (let turn = 0; turn < placements.length; turn++) {
    const at = (from + turn) % placements.length;
    for (const option of otherOptions(problem, placements[at]!)) {
      const changed = placements.with(at, { ...placements[at]!, option });
      if (problem.isAllowed(changed)) yield { placements: changed, at };
      else yield* freeing(problem, changed, at);
    }
    for (const changed of otherGroupings(problem, placements, at)) yield { placements: changed, at };
  }
}

function* otherOptions(problem: UnionProblem, { group, option }: Placement): Generator<Option> {
  for (const [place, { kind: present, replicas }] of option.pools.entries()) {
    const besides = option.pools.filter((_, other) => other !== place);
    if (besides.length > 0) yield optionOf(besides);
    for (const kind of group.kinds) {
      if (besides.some(pool => pool.kind.hardware === kind.hardware)) continue;
      for (const count of counts(problem.most(kind), replicas)) {
        if (kind !== present || count !== replicas)
          yield optionOf(option.pools.with(place, { kind, replicas: count }));
      }
    }
  }
  for (const kind of group.kinds) {
    if (option.pools.some(pool => pool.kind.hardware === kind.hardware)) continue;
    for (const count of counts(problem.most(kind), 1))
      yield optionOf([...option.pools, { kind, replicas: count }]);
  }
}

/** Numbers of replicas worth trying: all of few; of many those near, half, double, and all. */
function counts(most: number, present: number): number[] {
  if (most <= 4) return Array.from({ length: most }, (_, index) => index + 1);
  const near = [present - 1, present, present + 1, Math.ceil(present / 2), 2 * present, 1, most];
  return [...new Set(near)].filter(count => count >= 1 && count <= most);
}

/** Takes a replica from another group, where that makes room for what changed. */
function* freeing(problem: UnionProblem, placements: readonly Placement[], at: number): Generator<Change> {
  for (const [other, { option }] of placements.entries()) {
    if (other === at) continue;
    for (const [place, { kind, replicas }] of option.pools.entries()) {
      const fewer = replicas > 1 ? option.pools.with(place, { kind, replicas: replicas - 1 }) : null;
      const pools = fewer ?? option.pools.toSpliced(place, 1);
      if (pools.length === 0) continue;
      const changed = placements.with(other, { ...placements[other]!, option: optionOf(pools) });
      if (problem.isAllowed(changed)) yield { placements: changed, at };
    }
  }
}

function* otherGroupings(
  problem: UnionProblem,
  placements: readonly Placement[],
  at: number,
): Generator<Placement[]> {
  const { part, group } = placements[at]!;
  for (let next = at + 1; next < placements.length; next++) {
    if (placements[next]!.part !== part) continue;
    const joined = [...group.indices, ...placements[next]!.group.indices].sort((a, b) => a - b);
    const shared = problem.groupOf(part, joined);
    if (!shared) continue;
    for (const placement of likely(problem, part, shared, [placements[at]!, placements[next]!]))
      yield placements.with(at, placement).toSpliced(next, 1);
  }
  for (let cut = 1; cut < group.indices.length; cut++) {
    const halves = [group.indices.slice(0, cut), group.indices.slice(cut)].map(half =>
      problem.groupOf(part, [...half]),
    );
    if (halves.includes(null)) continue;
    const split = halves.map(half => likely(problem, part, half!, [placements[at]!]).at(-1)!);
    yield placements.toSpliced(at, 1, ...split);
  }
}

/** A new group on what does most with a core, or on the hardware of those it comes from. */
function likely(
  problem: UnionProblem,
  part: number,
  group: Placement['group'],
  origins: readonly Placement[],
): Placement[] {
  const placements = [placeAlone(problem, part, group)];
  for (const { option } of origins) {
    const pools = option.pools.flatMap(({ kind, replicas }) => {
      const same = kindLike(group.kinds, kind);
      return same ? [{ kind: same, replicas }] : [];
    });
    if (pools.length > 0) placements.push({ part, group, option: optionOf(pools) });
  }
  return placements;
}

/** The kind of the same hardware whose batch is the same, or else the largest below it. */
function kindLike(kinds: readonly Kind[], { hardware, batch }: Kind): Kind | undefined {
  return kinds.findLast(kind => kind.hardware === hardware && kind.batch <= batch);
}
