/**
 * The cheapest choices for the groups from one on, with those before ideal but for a delay (Russian doll search:
 * Verfaillie, Lemaître & Schiex 1996; the delay makes it sharper).
 *
 * Whatever the groups before are, if every query comes from them so much later than from ideal ones, then those behind
 * do no better than with all queries delayed by that. So what was found for one delay holds for all that are longer,
 * and rules out most of the choices for the groups before at once.
 */
import { roundCost } from '../cost.ts';
import { isWithinLimits } from './choice.ts';
import type { SearchProblem } from './problem.ts';
import { leastCost, tolerance, type Candidate, type Narrowing } from './narrowing.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import { optionOf, simulatedPools, type Kind, type Option } from './option.ts';
import type { Surroundings } from './relaxation.ts';

/** What is known of the groups from one on, for this delay and longer ones. */
interface Known {
  /** Milliseconds. */
  delay: number;
  /** Nothing cheaper is feasible. */
  bound: number;
  /** Whether something of that cost was not ruled out. */
  reached: boolean;
}

/** So many replicas of one hardware type, with any of some batch sizes. */
interface Level {
  replicas: number;
  /** By ascending batch size. */
  kinds: readonly Kind[];
  /** US dollars per hour. */
  cost: number;
}

/** One search: the cheapest so far, and what was ruled out, by hardware. */
interface Progress {
  from: number;
  delay: number;
  /** Only what costs no more is looked for. */
  ceiling: number;
  /** Cost of the cheapest so far. */
  cost: number | null;
  /** The cheapest so far; null in a search that does not start with the first group, where batch sizes are left open. */
  best: readonly Option[] | null;
  ruledOut: Map<string, number[][]>;
}

/** Delays are rounded down to such a part of the tightest objective, so that few of them are searched. */
const parts = 40;

export class Suffixes {
  readonly #problem: SearchProblem;
  readonly #narrowing: Narrowing;
  readonly #grain: number;
  /** By group. */
  readonly #known: Known[][];

  constructor(problem: SearchProblem, narrowing: Narrowing) {
    this.#problem = problem;
    this.#narrowing = narrowing;
    this.#grain = problem.relaxation.tightest / parts;
    this.#known = problem.groups.map(() => []);
  }

  /** The cheapest feasible choice for all groups that costs at most that; null if there is none. */
  cheapest(ceiling: number): readonly Option[] | null {
    return this.#search(0, 0, ceiling).best;
  }

  #search(from: number, delay: number, ceiling: number): Progress {
    const progress: Progress = { from, delay, ceiling, cost: null, best: null, ruledOut: new Map() };
    this.#extend(progress, [], 0, delay);
    return progress;
  }

  #extend(progress: Progress, prefix: readonly Level[], cost: number, delay: number): void {
    const group = progress.from + prefix.length;
    const byHardware = new Map<string, Candidate[]>();
    for (const candidate of this.#narrowing.candidates[group]!) {
      const { hardware } = candidate.kind;
      byHardware.set(hardware, [...(byHardware.get(hardware) ?? []), candidate]);
    }
    for (const candidates of [...byHardware.values()].sort((a, b) => leastCost(a) - leastCost(b))) {
      const { price } = candidates[0]!.kind;
      const top = this.#narrowing.top(candidates[0]!.kind);
      for (let replicas = Math.min(...candidates.map(({ fewest }) => fewest)); replicas <= top; replicas++) {
        const kinds = candidates.flatMap(({ kind, fewest }) => (fewest <= replicas ? [kind] : []));
        const levels = [...prefix, { replicas, kinds, cost: roundCost(price * replicas) }];
        const sum = roundCost(cost + price * replicas);
        if (sum + this.#leastBehind(group, delay) > progress.ceiling + tolerance) break;
        if (!isWithinLimits(levels.map(optionIn), this.#problem.limits)) break;
        const waited = this.#extendBy(progress, levels, sum);
        if (this.#problem.isOver()) return;
        // What never waited is no sooner with more replicas; but a kind that needs more may yet join.
        if (!waited && kinds.length === candidates.length) break;
      }
    }
  }

  /** Goes on with the last of some levels. Returns whether more replicas of it could do better. */
  #extendBy(progress: Progress, levels: readonly Level[], cost: number): boolean {
    const { groups, relaxation } = this.#problem;
    const group = progress.from + levels.length - 1;
    const left = progress.ceiling - cost;
    if (isRuledOut(progress, levels)) return true;
    const { ruledOut, waited, delayed } = relaxation.place(group, waysOf(levels.at(-1)!), {
      from: progress.from,
      delay: progress.delay,
      types: this.#narrowing.typesWithin(group + 1, left),
      rest: this.#narrowing.leastLatency(group + 1, left),
    });
    if (ruledOut) {
      ruleOut(progress, levels);
      return waited;
    }
    if (group < groups.length - 1) {
      const delay = progress.delay + delayed;
      if (this.#canEnd(group + 1, delay, left)) this.#extend(progress, levels, cost, delay);
      return waited;
    }
    if (progress.from === 0) {
      const settled = this.#settle(levels, []);
      if (!settled) {
        // That has placed the groups before differently.
        for (const [g, level] of levels.slice(0, -1).entries())
          relaxation.place(g, waysOf(level), behind(levels, g));
        return waited;
      }
      progress.best = settled;
    }
    progress.cost = cost;
    progress.ceiling = cost - 2 * tolerance;
    return false;
  }

  /** A feasible choice of batch sizes for such levels, if there is one. */
  #settle(levels: readonly Level[], prefix: readonly Option[]): readonly Option[] | null {
    const { relaxation, isFeasible, isOver } = this.#problem;
    const group = prefix.length;
    if (group === levels.length) return isFeasible(prefix) ? prefix : null;
    const { kinds, replicas } = levels[group]!;
    for (const kind of kinds) {
      if (isOver()) return null;
      const option = optionOf([{ kind, replicas }]);
      const placed = relaxation.place(group, [simulatedPools(option)], behind(levels, group));
      const found = placed.ruledOut ? null : this.#settle(levels, [...prefix, option]);
      if (found) return found;
      // No batch was ever full: larger ones would be the same.
      if (placed.largest < kind.batch) return null;
    }
    return null;
  }

  /** What the groups behind one cost at least, as far as that is known. */
  #leastBehind(group: number, delay: number): number {
    let least = this.#narrowing.least[group + 1]!;
    if (group + 1 === this.#known.length) return least;
    for (const known of this.#known[group + 1]!)
      if (known.delay <= delay && known.bound > least) least = known.bound;
    return least;
  }

  /** Whether something for the groups from one on costs at most that, with so much delay before. */
  #canEnd(from: number, delay: number, left: number): boolean {
    const all = this.#known[from]!;
    const rounded = Math.floor(delay / this.#grain + 1e-6) * this.#grain;
    if (all.some(known => known.delay <= delay && known.bound > left + tolerance)) return false;
    if (all.some(known => known.reached && known.delay >= rounded && known.bound <= left + tolerance))
      return true;
    const { cost } = this.#search(from, rounded, left);
    if (this.#problem.isOver()) return true;
    all.push({ delay: rounded, bound: cost ?? left + 2 * tolerance, reached: cost !== null });
    return cost !== null;
  }
}

/** All groups are placed from the first on, and those behind are on the hardware of their levels. */
function behind(levels: readonly Level[], group: number): Surroundings {
  const types = levels.map(({ kinds: [kind] }, g) => (g > group ? [kind!.hardware] : []));
  return { from: 0, delay: 0, types, rest: 0 };
}

function optionIn({ kinds: [kind], replicas }: Level): Option {
  return optionOf([{ kind: kind!, replicas }]);
}

function waysOf({ kinds, replicas }: Level): SimulatedPool[][] {
  return kinds.map(({ pool }) => [{ ...pool, replicas }]);
}

function ruleOut({ ruledOut }: Progress, levels: readonly Level[]): void {
  const key = keyOf(levels);
  ruledOut.set(key, [...(ruledOut.get(key) ?? []), levels.map(({ replicas }) => replicas)]);
}

/** Whether the same hardware with no fewer replicas anywhere was ruled out. */
function isRuledOut({ ruledOut }: Progress, levels: readonly Level[]): boolean {
  const known = ruledOut.get(keyOf(levels));
  return known?.some(other => levels.every(({ replicas }, place) => replicas <= other[place]!)) ?? false;
}

function keyOf(levels: readonly Level[]): string {
  return levels.map(({ kinds: [kind] }) => kind!.hardware).join('|');
}
