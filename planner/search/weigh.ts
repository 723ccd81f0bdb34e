/** What the options of one group make of a plan whose other groups stay as they are. */
import { tolerance } from '../cost.ts';
import { heldBack } from './held-back.ts';
import type { Weighed } from './knapsack.ts';
import { speedOf } from '../simulation/deployment.ts';
import { optionOf, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Tried } from './relaxation.ts';

/** One group, and what is asked of its options. */
export interface Weighing {
  group: SearchGroup;
  /** How the plan does with an option. */
  measure(option: Option): Tried;
  /** Replicas of a kind that the work keeps busy at least; not whole. */
  busy(kind: Kind): number;
  /** Most replicas of a kind. */
  top(kind: Kind): number;
  /** Only options that cost less are of use. */
  below: number;
  isOver(): boolean;
}

/** More replicas are not tried after so many that took less than this share of its limit off the percentile. */
const mostStale = 3;
const noticeable = 1e-4;
/** The next step, so many replicas beyond the fewest: the further away, the less one matters. */
const stepFrom = (beyond: number) => 1 + Math.floor(beyond / 6);

/** Options with one pool. */
export function weighSingle({ group, measure, busy, top, below, isOver }: Weighing): Weighed<Option>[] {
  const weighed: Weighed<Option>[] = [];
  let full = '';
  for (const kind of group.kinds) {
    // No batch of this hardware was ever full: larger ones would be the same.
    if (full === kind.hardware) continue;
    const least = Math.max(1, Math.ceil(busy(kind)));
    let best = Infinity;
    let stale = 0;
    let largest = 0;
    for (let replicas = least; replicas <= top(kind) && !isOver(); replicas += stepFrom(replicas - least)) {
      const option = optionOf([{ kind, replicas }]);
      if (option.cost >= below - tolerance) break;
      const tried = measure(option);
      largest = Math.max(largest, tried.largest);
      stale = best - tried.score < noticeable ? stale + 1 : 0;
      if (stale === mostStale) break;
      best = Math.min(best, tried.score);
      weighed.push({ value: option, cost: option.cost, weight: tried.score });
      if (!tried.waited) break;
    }
    if (largest > 0 && largest < kind.batch) full = kind.hardware;
  }
  return weighed;
}

/** A mix that misses its target by so little may meet it with slow replicas held back. */
const nearly = 1.15;

/** Batch sizes of one hardware type that mixes are made of. */
const mostBatches = 2;

/**
 * Options with two pools of different hardware, along the border of what meets a target: as many of the one as there
 * must be with so many of the other.
 * @param singles options with one pool
 * @param target the score to meet
 * @param wait milliseconds after which replicas that are held back take what waits
 */
export function weighMixes(
  weighing: Weighing,
  singles: readonly Weighed<Option>[],
  target: number,
  wait: number,
): Weighed<Option>[] {
  // Replicas that are slow make others wait for nothing: from few of them on, and with many that are fast.
  const kinds = promising(weighing.group, singles, target).sort((a, b) => speedOf(b.pool) - speedOf(a.pool));
  return kinds.flatMap((slow, at) =>
    kinds
      .slice(at + 1)
      .flatMap(fast =>
        fast.hardware === slow.hardware ? [] : weighPair(weighing, [slow, fast], target, wait),
      ),
  );
}

/** Of each hardware type, the batch sizes with the cheapest option that meets the target and with the least work. */
function promising({ kinds }: SearchGroup, singles: readonly Weighed<Option>[], target: number): Kind[] {
  return [...new Set(kinds.map(({ hardware }) => hardware))].flatMap(hardware => {
    const its = singles.filter(({ value }) => value.pools[0]!.kind.hardware === hardware);
    const meeting = its.filter(({ weight }) => weight <= target).sort((a, b) => a.cost - b.cost);
    const nearest = its.toSorted((a, b) => a.weight - b.weight);
    const chosen = [meeting[0] ?? nearest[0], nearest[0]].flatMap(one =>
      one ? [one.value.pools[0]!.kind] : [],
    );
    const efficient = kinds
      .filter(kind => kind.hardware === hardware)
      .reduce((best, kind) => (kind.work < best.work - tolerance ? kind : best));
    return [...new Set([...chosen, efficient])].slice(0, mostBatches);
  });
}

function weighPair(
  { measure, busy, top, below, isOver }: Weighing,
  [slow, fast]: readonly [Kind, Kind],
  target: number,
  wait: number,
): Weighed<Option>[] {
  const weighed: Weighed<Option>[] = [];
  let many = Math.min(top(fast), Math.floor((below - tolerance - slow.price) / fast.price));
  for (let few = 1; few <= top(slow) && many > 0 && !isOver();) {
    const option = optionOf([
      { kind: slow, replicas: few },
      { kind: fast, replicas: many },
    ]);
    if (option.cost >= below - tolerance) {
      many--;
      continue;
    }
    if (few / busy(slow) + many / busy(fast) < 1) {
      few++;
      continue;
    }
    let { score } = measure(option);
    weighed.push({ value: option, cost: option.cost, weight: score });
    for (const held of score <= target * nearly ? heldBack(option, wait) : []) {
      if (score <= target) break;
      score = measure(held).score;
      weighed.push({ value: held, cost: held.cost, weight: score });
    }
    if (score <= target) many--;
    else few++;
  }
  return weighed;
}
