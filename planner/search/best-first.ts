/**
 * The cheapest choice under a cost, best first: of what is left, the part that costs least is split next, so that what
 * is found first is the cheapest, and nothing is cheaper than what is split (A*: Hart, Nilsson & Raphael 1968).
 *
 * First the hardware of each group is settled, then the replicas, then the batch sizes: what others run on says most of
 * how fast a group must be.
 */
import { Box } from './box.ts';
import { cheapestOf, Narrowing, type Candidate } from './narrowing.ts';
import type { Option } from './option.ts';
import type { SearchProblem } from './problem.ts';

type Part = { least: number } & ({ candidates: readonly (readonly Candidate[])[] } | { box: Box });

export interface Searched {
  choice: readonly Option[] | null;
  /** Nothing costs less. */
  bound: number;
}

/**
 * The cheapest feasible choice that costs at most so much, unless the time is over before.
 * @param start what each group may be
 */
export function searchBestFirst(
  problem: SearchProblem,
  start: readonly (readonly Candidate[])[],
  ceiling: number,
): Searched {
  const { isOver, onBound } = problem;
  /** By descending cost; what came last of the same cost is last. */
  const parts: Part[] = [];
  const add = (part: Part) => {
    let at = parts.length;
    while (at > 0 && parts[at - 1]!.least < part.least) at--;
    parts.splice(at, 0, part);
  };
  const addNarrowed = (candidates: readonly (readonly Candidate[])[]) => {
    const narrowing = new Narrowing(problem, candidates, ceiling);
    if (narrowing.narrowCheapest()) add({ least: narrowing.least, candidates: narrowing.candidates });
  };
  const addBox = (box: Box) => {
    if (box.shrink()) add({ least: box.least, box });
  };
  let bound = 0;
  addNarrowed(start);
  while (parts.length > 0 && !isOver()) {
    const part = parts.pop()!;
    if (part.least > bound) onBound?.((bound = part.least));
    if ('box' in part) {
      const choice = part.box.settle();
      if (choice) return { choice, bound: part.least };
      for (const half of part.box.split()) addBox(half);
    } else {
      const halves = splitHardware(part.candidates);
      if (halves) for (const half of halves) addNarrowed(half);
      else addBox(new Box(problem, part.candidates, ceiling));
    }
  }
  return { choice: null, bound: isOver() ? bound : ceiling };
}

/**
 * In two: the group whose cheapest hardware is slowest, beside the fastest it may be on, is on that or it isn't. Null
 * if all groups have only one type left.
 */
function splitHardware(all: readonly (readonly Candidate[])[]): [Candidate[][], Candidate[][]] | null {
  let group = -1;
  let most = -1;
  for (const [g, candidates] of all.entries()) {
    const cheapest = cheapestOf(candidates).kind;
    if (candidates.every(({ kind }) => kind.hardware === cheapest.hardware)) continue;
    const slower = cheapest.least - Math.min(...candidates.map(({ kind }) => kind.least));
    if (slower > most) {
      most = slower;
      group = g;
    }
  }
  if (group < 0) return null;
  const { hardware } = cheapestOf(all[group]!).kind;
  const part = (isOn: boolean) =>
    all.map((candidates, g) =>
      g === group ? candidates.filter(({ kind }) => (kind.hardware === hardware) === isOn) : [...candidates],
    );
  return [part(true), part(false)];
}
