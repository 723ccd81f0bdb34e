/**
 * What each group can still be under a cost. Most hardware is out of reach for most groups, since the others need their
 * share: what is left to a group bounds how fast it can be, and that in turn what the others need.
 */
import type { SearchProblem } from './problem.ts';
import { combine, leastLatency, nothing, type Frontier } from './frontier.ts';
import type { Kind } from './option.ts';

/** A kind that a group may be of, and the fewest replicas it needs even with all other groups ideal. */
export interface Candidate {
  kind: Kind;
  fewest: number;
}

/** Costs this close are equal. */
export const tolerance = 1e-9;

export function leastCost(candidates: readonly Candidate[]): number {
  return candidates.reduce((least, { kind, fewest }) => Math.min(least, kind.price * fewest), Infinity);
}

export class Narrowing {
  /** By group. */
  readonly candidates: Candidate[][];
  /** Least cost of the groups from each on, and 0 at the end. */
  least: number[] = [];
  readonly #problem: SearchProblem;
  readonly #ceiling: number;
  /** What the groups from each on take at least on the path, by what they cost. */
  #frontiers: Frontier[] = [];

  /** @param start candidates whatever the cost */
  constructor(problem: SearchProblem, start: readonly (readonly Candidate[])[], ceiling: number) {
    this.#problem = problem;
    this.#ceiling = ceiling;
    this.candidates = start.map(of => [...of]);
    this.#updateLeast();
  }

  /** Works it out until nothing changes. Returns whether each group has a candidate left. */
  narrow(): boolean {
    const { groups, relaxation, isOver } = this.#problem;
    let before: string;
    let types = '';
    do {
      before = types;
      if (!this.#affordable()) return false;
      const allowed = this.typesWithin(0, this.#ceiling);
      types = JSON.stringify(allowed);
      if (types === before) break;
      if (!relaxation.allow(allowed)) return false;
      for (const [g] of groups.entries()) this.#raise(g);
    } while (types !== before && !isOver());
    if (!this.#affordable()) return false;
    this.#frontiers = this.#frontiersOf();
    return this.leastLatency(0, this.#ceiling) < Infinity;
  }

  /** Most replicas of a kind. */
  top({ hardware }: Kind): number {
    return Math.min(this.#problem.most, this.#problem.limits[hardware] ?? Infinity);
  }

  /** Milliseconds that the groups from one on take at least on the path, if they cost at most that. */
  leastLatency(from: number, cost: number): number {
    return leastLatency(this.#frontiers[from]!, cost + tolerance);
  }

  /** Hardware types that groups may be on, from one group on, if that much is left for all of them. */
  typesWithin(from: number, left: number): readonly (readonly string[])[] {
    const room = left - this.least[from]!;
    return this.candidates.map((candidates, g) => {
      if (g < from) return [];
      const most = room + leastCost(candidates) + tolerance;
      const within = candidates.filter(({ kind, fewest }) => kind.price * fewest <= most);
      return [...new Set(within.map(({ kind }) => kind.hardware))];
    });
  }

  /** Leaves out candidates that cost more than the other groups leave. */
  #affordable(): boolean {
    for (const [g, candidates] of this.candidates.entries()) {
      const most = this.#mostFor(g);
      this.candidates[g] = candidates.filter(
        ({ kind, fewest }) => fewest <= this.top(kind) && kind.price * fewest <= most,
      );
      if (this.candidates[g].length === 0) return false;
      this.#updateLeast();
    }
    return true;
  }

  #mostFor(group: number): number {
    return this.#ceiling - this.least[0]! + leastCost(this.candidates[group]!) + tolerance;
  }

  #updateLeast(): void {
    this.least = [0];
    for (const candidates of this.candidates.toReversed())
      this.least.unshift(this.least[0]! + leastCost(candidates));
  }

  /** Raises each candidate's replicas to the fewest that are not ruled out with all other groups ideal. */
  #raise(group: number): void {
    const most = this.#mostFor(group);
    this.candidates[group] = this.candidates[group]!.flatMap(({ kind, fewest }) => {
      const affordable = kind.price > 0 ? Math.floor(most / kind.price) : Infinity;
      const raised = this.#fewestAlone(group, kind, fewest, Math.min(this.top(kind), affordable));
      return raised === null ? [] : [{ kind, fewest: raised }];
    });
    this.#updateLeast();
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

  #frontiersOf(): Frontier[] {
    const frontiers = [nothing];
    for (let g = this.candidates.length - 1; g >= 0; g--) {
      const onPath = this.#problem.relaxation.path.includes(g);
      const points = this.candidates[g]!.map(({ kind, fewest }) => ({
        cost: kind.price * fewest,
        latency: onPath ? kind.least : 0,
      }));
      frontiers.unshift(combine(points, frontiers[0]!, this.#ceiling + tolerance));
    }
    return frontiers;
  }
}
