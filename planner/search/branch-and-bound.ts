/**
 * The cheapest choice of one pool per group, proved: depth first over the groups in topological order, under a cost
 * that is raised step by step until a choice is found (iterative deepening: Korf 1985).
 *
 * Under a given cost most hardware is out of reach for most groups, since the others need their share: what is left to
 * a group bounds how fast it can be. Branches end where the groups chosen so far, worked out as they are, miss the
 * objectives though the others are ideal. A complete choice is judged by the simulation.
 */
import { roundCost } from '../cost.ts';
import { combine, leastLatency, nothing, type Frontier } from './frontier.ts';
import { optionOf, simulatedPools, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Relaxation } from './relaxation.ts';

/** What is searched, and how a complete choice is judged. */
export interface SearchProblem {
  /** In topological order. */
  groups: readonly SearchGroup[];
  relaxation: Relaxation;
  /** Fewest replicas of a kind that can do a group's work at all. */
  fewest(group: number, kind: Kind): number;
  /** Most replicas of a pool. */
  most: number;
  /** Most replicas of a hardware type, over all groups. */
  limits: Readonly<Record<string, number>>;
  isFeasible(choice: readonly Option[]): boolean;
  isOver(): boolean;
  /** Told whenever it is known that no feasible choice costs less than that. */
  onBound?(bound: number): void;
}

export interface Found {
  /** By group; null if there is no feasible choice, or none was found in time. */
  choice: readonly Option[] | null;
  /** No feasible choice costs less. */
  bound: number;
  /** Whether the whole space is decided: the choice is the cheapest, or there is none. */
  proved: boolean;
}

/** A kind that a group may be of, and the fewest replicas it needs even with all other groups ideal. */
interface Candidate {
  kind: Kind;
  fewest: number;
}

const step = 1.03;
/** Costs this close are equal. */
const tolerance = 1e-9;

export class BranchAndBound {
  readonly #problem: SearchProblem;
  #candidates: Candidate[][] = [];
  /** Candidates whatever the cost, and so where every search under a cost begins. */
  #start: readonly Candidate[][];
  /** Least cost of each group. */
  #least: number[] = [];
  /** Only what costs no more is looked for. */
  #ceiling = Infinity;
  #best: readonly Option[] | null = null;
  /** No feasible choice costs less, as far as it is known. */
  #proved = 0;
  /** What the groups from each on take at least on the path, by what they cost. */
  #frontiers: Frontier[] = [];
  /** First group of the groups that are searched. */
  #from = 0;
  /** Least cost of the groups from each on that were searched, from the one after `#from`. */
  #rest: number[] = [];
  #ruledOut = new Map<string, number[][]>();

  constructor(problem: SearchProblem) {
    this.#problem = problem;
    this.#start = problem.groups.map(({ kinds }, g) =>
      kinds.map(kind => ({ kind, fewest: problem.fewest(g, kind) })),
    );
  }

  /**
   * Finds out what each group can be at all.
   * @param below only what costs less is looked for
   * @returns the cheapest option for each group with the others ideal; null if there is no feasible choice
   */
  begin(below = Infinity): readonly Option[] | null {
    if (!this.#narrow(below - 2 * tolerance)) return null;
    this.#start = this.#candidates;
    this.#proved = roundCost(this.#least.reduce((sum, cost) => sum + cost, 0));
    return this.#candidates.map(candidates => {
      const cost = ({ kind, fewest }: Candidate) => kind.price * fewest;
      const { kind, fewest } = candidates.reduce((best, one) => (cost(one) < cost(best) ? one : best));
      return optionOf([{ kind, replicas: fewest }]);
    });
  }

  /** Fewest replicas of a kind that a group needs, as far as `begin` found out. */
  fewest(group: number, kind: Kind): number {
    return this.#start[group]!.find(candidate => candidate.kind === kind)?.fewest ?? Infinity;
  }

  /** @param known a feasible choice, if there is one: only cheaper ones are looked for. To be called after `begin`. */
  search(known: readonly Option[] | null, below = Infinity): Found {
    const { isOver, onBound, groups } = this.#problem;
    const upper = (known ? costOfChoice(known) : below) - 2 * tolerance;
    const prices = groups.flatMap(({ kinds }) => kinds.flatMap(({ price }) => (price > 0 ? [price] : [])));
    // Where hardware is free, the first step is the price of something that is not.
    const raise = (cost: number) => Math.max(cost * step, Math.min(...prices) * (step - 1));
    let bound = Math.min(this.#proved, upper);
    for (let ceiling = raise(bound); ; ceiling = raise(ceiling)) {
      if (isOver()) return { choice: known, bound, proved: false };
      onBound?.(bound);
      const last = ceiling >= Math.min(upper, this.#dearest);
      if (this.#narrow(Math.min(ceiling, upper))) {
        const best = this.#searchUnder(Math.min(ceiling, upper));
        if (isOver()) return { choice: best ?? known, bound, proved: false };
        if (best) return { choice: best, bound: costOfChoice(best), proved: true };
      }
      if (isOver()) return { choice: known, bound, proved: false };
      if (last) return { choice: known, bound: known ? costOfChoice(known) : Infinity, proved: true };
      bound = ceiling;
      this.#proved = bound;
    }
  }

  /**
   * The cheapest choice under a ceiling. What the groups from each on cost at least is worked out first, from the last
   * backwards, with those before ideal (Russian doll search: Verfaillie, Lemaître & Schiex 1996).
   */
  #searchUnder(ceiling: number): readonly Option[] | null {
    const { groups, relaxation, isOver } = this.#problem;
    this.#rest = [0];
    for (let from = groups.length - 1; from >= 0; from--) {
      const before = this.#least.slice(0, from).reduce((sum, cost) => sum + cost, 0);
      this.#from = from;
      this.#ceiling = ceiling - before;
      this.#ruledOut.clear();
      this.#best = null;
      relaxation.begin(from);
      this.#extend([], 0);
      if (!this.#best || isOver()) return from === 0 ? this.#best : null;
      this.#rest.unshift(costOfChoice(this.#best));
    }
    return this.#best;
  }

  /** Cost of the dearest choice there is. */
  get #dearest(): number {
    const { groups, most } = this.#problem;
    return groups.reduce((sum, { kinds }) => sum + most * Math.max(...kinds.map(({ price }) => price)), 0);
  }

  /**
   * Works out what each group may be under a cost, until nothing changes: what one needs is not there for the others.
   * Returns whether anything is left.
   */
  #narrow(ceiling: number): boolean {
    const { groups, relaxation } = this.#problem;
    this.#ceiling = ceiling;
    this.#candidates = this.#start.map(of => [...of]);
    let before: string;
    let types = '';
    do {
      before = types;
      if (!this.#affordable()) return false;
      const allowed = this.#candidates.map(of => [...new Set(of.map(({ kind }) => kind.hardware))]);
      types = JSON.stringify(allowed);
      if (types === before) break;
      if (!relaxation.allow(allowed)) return false;
      for (const [g] of groups.entries()) this.#raise(g);
    } while (types !== before && !this.#problem.isOver());
    if (!this.#affordable()) return false;
    this.#frontiers = this.#frontiersOf(ceiling);
    return leastLatency(this.#frontiers[0]!, ceiling) < Infinity;
  }

  #frontiersOf(ceiling: number): Frontier[] {
    const frontiers = [nothing];
    for (let g = this.#candidates.length - 1; g >= 0; g--) {
      const onPath = this.#problem.relaxation.path.includes(g);
      const points = this.#candidates[g]!.map(({ kind, fewest }) => ({
        cost: kind.price * fewest,
        latency: onPath ? kind.least : 0,
      }));
      frontiers.unshift(combine(points, frontiers[0]!, ceiling + tolerance));
    }
    return frontiers;
  }

  /** Leaves out candidates that cost more than the other groups leave. Returns whether each group has one left. */
  #affordable(): boolean {
    for (const [g] of this.#candidates.entries()) {
      this.#updateLeast();
      const room = this.#room + this.#least[g]!;
      this.#candidates[g] = this.#candidates[g]!.filter(
        ({ kind, fewest }) => fewest <= this.#top(kind) && kind.price * fewest <= room + tolerance,
      );
      if (this.#candidates[g].length === 0) return false;
    }
    this.#updateLeast();
    return true;
  }

  #updateLeast(): void {
    this.#least = this.#candidates.map(of => Math.min(...of.map(({ kind, fewest }) => kind.price * fewest)));
  }

  /** What the ceiling leaves beyond every group's least cost. */
  get #room(): number {
    return this.#ceiling - this.#least.reduce((sum, cost) => sum + cost, 0);
  }

  #top(kind: Kind): number {
    return Math.min(this.#problem.most, this.#problem.limits[kind.hardware] ?? Infinity);
  }

  /** Raises each candidate's replicas to the fewest that are not ruled out with all other groups ideal. */
  #raise(group: number): void {
    const room = this.#room + this.#least[group]!;
    this.#candidates[group] = this.#candidates[group]!.flatMap(({ kind, fewest }) => {
      const affordable = kind.price > 0 ? Math.floor((room + tolerance) / kind.price) : Infinity;
      const raised = this.#fewestAlone(group, kind, fewest, Math.min(this.#top(kind), affordable));
      return raised === null ? [] : [{ kind, fewest: raised }];
    });
  }

  /** Fewest replicas in a range that are not ruled out with all other groups ideal; null if all are. */
  #fewestAlone(group: number, kind: Kind, fewest: number, most: number): number | null {
    const ruledOut = (replicas: number) =>
      this.#problem.relaxation.alone(group, [{ ...kind.pool, replicas }]).ruledOut;
    if (fewest > most) return null;
    if (!ruledOut(fewest)) return fewest;
    if (fewest === most || ruledOut(most)) return null;
    let low = fewest + 1;
    let high = most;
    // Mostly it is one of the next few: in strides that double, then by halves.
    for (let stride = 1; low < high; stride *= 2) {
      const middle = Math.min(low + stride - 1, high - 1);
      if (!ruledOut(middle)) {
        high = middle;
        break;
      }
      low = middle + 1;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ruledOut(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #extend(prefix: readonly Option[], cost: number): void {
    const group = this.#from + prefix.length;
    const rest = this.#rest[prefix.length]!;
    const byHardware = new Map<string, Candidate[]>();
    for (const candidate of this.#candidates[group]!) {
      const { hardware } = candidate.kind;
      byHardware.set(hardware, [...(byHardware.get(hardware) ?? []), candidate]);
    }
    const least = (of: readonly Candidate[]) =>
      Math.min(...of.map(({ kind, fewest }) => kind.price * fewest));
    for (const candidates of [...byHardware.values()].sort((a, b) => least(a) - least(b))) {
      const { kind } = candidates[0]!;
      const affordable = (this.#ceiling - cost - rest + tolerance) / kind.price;
      const top = Math.min(this.#top(kind), Math.floor(affordable));
      for (let replicas = Math.min(...candidates.map(({ fewest }) => fewest)); replicas <= top; replicas++) {
        const changes = this.#extendBy(prefix, cost, rest, candidates, replicas);
        if (!changes || this.#problem.isOver()) break;
      }
    }
  }

  /**
   * Extends a choice by so many replicas of one hardware type, with every batch size.
   * @returns whether more replicas could change anything
   */
  #extendBy(
    prefix: readonly Option[],
    cost: number,
    rest: number,
    candidates: readonly Candidate[],
    replicas: number,
  ): boolean {
    const { groups, relaxation, limits, isFeasible } = this.#problem;
    const group = this.#from + prefix.length;
    let anyWaited = false;
    for (const { kind, fewest } of candidates) {
      if (replicas < fewest) {
        anyWaited = true;
        continue;
      }
      const option = optionOf([{ kind, replicas }]);
      const choice = [...prefix, option];
      const sum = roundCost(cost + option.cost);
      if (sum + rest > this.#ceiling + tolerance || !isWithinLimits(choice, limits)) return false;
      if (this.#isRuledOut(choice)) {
        anyWaited = true;
        continue;
      }
      const types = this.#typesWithin(group + 1, this.#ceiling - sum);
      const { ruledOut, waited, largest } = relaxation.place(
        group,
        simulatedPools(option),
        types,
        leastLatency(this.#frontiers[group + 1]!, this.#ceiling - sum + tolerance),
      );
      anyWaited ||= waited;
      if (ruledOut) this.#ruleOut(choice);
      else if (group < groups.length - 1) this.#extend(choice, sum);
      else if (this.#from > 0 || isFeasible(choice)) {
        this.#best = choice;
        this.#ceiling = sum - 2 * tolerance;
        return false;
      }
      // No batch was ever full: larger ones would be the same.
      if (!ruledOut && largest < kind.batch) break;
    }
    return anyWaited;
  }

  /** Hardware types that groups may be on, from one group on, if that much is left for all of them. */
  #typesWithin(from: number, left: number): readonly (readonly string[])[] {
    const room = left - this.#least.slice(from).reduce((sum, cost) => sum + cost, 0);
    return this.#candidates.map((candidates, g) => {
      if (g < from) return [];
      const most = room + this.#least[g]! + tolerance;
      const within = candidates.filter(({ kind, fewest }) => kind.price * fewest <= most);
      return [...new Set(within.map(({ kind }) => kind.hardware))];
    });
  }

  #ruleOut(choice: readonly Option[]): void {
    const key = keyOf(choice);
    const replicas = choice.map(({ pools }) => pools[0]!.replicas);
    this.#ruledOut.set(key, [...(this.#ruledOut.get(key) ?? []), replicas]);
  }

  /** Whether the same hardware and batch sizes with no fewer replicas anywhere were ruled out. */
  #isRuledOut(choice: readonly Option[]): boolean {
    const known = this.#ruledOut.get(keyOf(choice));
    return (
      known?.some(other => choice.every(({ pools }, place) => pools[0]!.replicas <= other[place]!)) ?? false
    );
  }
}

function keyOf(choice: readonly Option[]): string {
  return choice.map(({ pools }) => `${pools[0]!.kind.hardware}/${pools[0]!.kind.batch}`).join('|');
}

export function costOfChoice(choice: readonly Option[]): number {
  return roundCost(choice.reduce((sum, { cost }) => sum + cost, 0));
}

/** Whether options together use no more replicas of any hardware type than there are. */
export function isWithinLimits(
  options: readonly Option[],
  limits: Readonly<Record<string, number>>,
): boolean {
  for (const [hardware, most] of Object.entries(limits)) {
    let used = 0;
    for (const { pools } of options)
      for (const { kind, replicas } of pools) if (kind.hardware === hardware) used += replicas;
    if (used > most) return false;
  }
  return true;
}
