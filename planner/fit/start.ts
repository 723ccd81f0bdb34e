/** Where the climb to the highest rate begins. */
import { optionOf, type Kind, type SearchGroup } from '../search/option.ts';
import type { Placement, UnionProblem } from './union-problem.ts';

type Groups = readonly { part: number; group: SearchGroup }[];

/** A choice with a group for every stage, and one in which every neighbour that can share replicas shares them. */
export function startsOf(problem: UnionProblem): Placement[][] {
  const alone = problem.parts.flatMap(({ system }, part) =>
    system.structure.stages.map(({ index }) => ({ part, group: problem.groupOf(part, [index])! })),
  );
  const shared = shareAll(problem, alone);
  const all = shared.length < alone.length ? [alone, shared] : [alone];
  return all.map(groups => place(problem, groups));
}

/** A group on the hardware that does most with a core, with all the replicas that make sense. */
export function placeAlone(problem: UnionProblem, part: number, group: SearchGroup): Placement {
  const [kind] = kindsOf(problem, group);
  return { part, group, option: optionOf([{ kind: kind!, replicas: Math.max(1, problem.most(kind!)) }]) };
}

/** Core milliseconds of an item. */
const coreTime = ({ work, pool }: Kind): number => work * pool.threads;

/** Those that do most with a core first; those there is none of last. */
function kindsOf(problem: UnionProblem, { kinds }: SearchGroup): Kind[] {
  const isThere = (kind: Kind) => Number(problem.most(kind) > 0);
  return kinds.toSorted((a, b) => isThere(b) - isThere(a) || coreTime(a) - coreTime(b));
}

function shareAll(problem: UnionProblem, groups: Groups): Groups {
  for (const [at, { part, group }] of groups.entries()) {
    for (let next = at + 1; next < groups.length; next++) {
      if (groups[next]!.part !== part) continue;
      const joined = [...group.indices, ...groups[next]!.group.indices].sort((a, b) => a - b);
      const shared = problem.groupOf(part, joined);
      if (shared) return shareAll(problem, groups.with(at, { part, group: shared }).toSpliced(next, 1));
    }
  }
  return groups;
}

interface Place {
  part: number;
  group: SearchGroup;
  kind: Kind;
  replicas: number;
}

/** Every group on what does most with a core, as far as the limits allow, which are shared out by load. */
function place(problem: UnionProblem, groups: Groups): Placement[] {
  const left = new Map(Object.entries(problem.parts[0]!.system.hardware.limits));
  const take = ({ hardware }: Kind) => left.has(hardware) && left.set(hardware, left.get(hardware)! - 1);
  const isLeft = ({ hardware }: Kind) => (left.get(hardware) ?? 1) > 0;
  const choices = groups.map(({ part, group }) => ({ part, group, kinds: kindsOf(problem, group) }));
  const load = (part: number, { visits }: SearchGroup, kind: Kind) =>
    problem.parts[part]!.share * visits * coreTime(kind);
  const types = ({ kinds }: SearchGroup) => new Set(kinds.map(({ hardware }) => hardware)).size;
  // Who can run on little chooses first, then who has most to do.
  const order = choices.toSorted(
    (a, b) =>
      types(a.group) - types(b.group) ||
      load(b.part, b.group, b.kinds[0]!) - load(a.part, a.group, a.kinds[0]!),
  );
  const chosen = new Map<SearchGroup, Place>();
  for (const { part, group, kinds } of order) {
    const kind = kinds.find(isLeft) ?? kinds[0]!;
    take(kind);
    chosen.set(group, { part, group, kind, replicas: 1 });
  }
  for (;;) {
    const growing = [...chosen.values()].filter(
      ({ kind, replicas }) => replicas < problem.most(kind) && isLeft(kind),
    );
    if (growing.length === 0) break;
    const busiest = growing.reduce((a, b) =>
      load(b.part, b.group, b.kind) / b.replicas > load(a.part, a.group, a.kind) / a.replicas ? b : a,
    );
    take(busiest.kind);
    busiest.replicas++;
  }
  return groups.map(({ part, group }) => {
    const { kind, replicas } = chosen.get(group)!;
    return { part, group, option: optionOf([{ kind, replicas }]) };
  });
}
