/**
 * What each group can still be under a cost. Most hardware is out of reach for most groups, since the others need their
 * share: what is left to a group bounds how fast it can be, and that in turn what the others need.
 */
import { tolerance } from '../cost.ts';
import type { SearchProblem } from './problem.ts';
import type { Kind } from './option.ts';

/** A kind that a group may be of, and the fewest replicas it needs even with all other groups ideal. */
export interface Candidate {
  kind: Kind;
  fewest: number;
}

export function cheapestOf(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, one) => (costOf(one) < costOf(best) ? one : best));
}

function costOf({ kind, fewest }: Candidate): number {
  return kind.price * fewest;
}

function leastCost(candidates: readonly Candidate[]): number {
  return candidates.reduce((least, one) => Math.min(least, costOf(one)), Infinity);
}

export class Narrowing {
  /** By group. */
  readonly candidates: Candidate[][];
  /** Cost of all groups at least. */
  least = 0;
  readonly #problem: SearchProblem;
  readonly #ceiling: number;

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
      types = JSON.stringify(this.types);
      if (types === before) break;
      if (!relaxation.allow(this.types)) return false;
      for (const [g] of groups.entries()) this.#raise(g);
    } while (types !== before && !isOver());
    return this.#affordable();
  }

  /** The same, but only as far as the cheapest candidates go: that is enough to know what all groups cost at least. */
  narrowCheapest(): boolean {
    const { groups, relaxation, isOver } = this.#problem;
    const confirmed = new Set<Candidate>();
    let before = '';
    for (let raised = true; raised && !isOver();) {
      if (!this.#affordable()) return false;
      const types = JSON.stringify(this.types);
      if (types !== before) {
        if (!relaxation.allow(this.types)) return false;
        confirmed.clear();
        before = types;
      }
      raised = false;
      for (const [g] of groups.entries()) if (this.#raiseCheapest(g, confirmed)) raised = true;
    }
    return this.#affordable();
  }

  /** Most replicas of a kind. */
  top({ hardware }: Kind): number {
    return Math.min(this.#problem.most, this.#problem.limits[hardware] ?? Infinity);
  }

  /** Hardware types that each group may be on. */
  get types(): readonly (readonly string[])[] {
    return this.candidates.map(candidates => [...new Set(candidates.map(({ kind }) => kind.hardware))]);
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
    return this.#ceiling - this.least + leastCost(this.candidates[group]!) + tolerance;
  }

  #updateLeast(): void {
    this.least = this.candidates.reduce((sum, candidates) => sum + leastCost(candidates), 0);
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

  /** Raises the cheapest candidate until one is not ruled out with all other groups ideal. Returns whether it had to. */
  #raiseCheapest(group: number, confirmed: Set<Candidate>): boolean {
    const candidates = this.candidates[group]!;
    for (let raised = false; ; raised = true) {
      const cheapest = cheapestOf(candidates);
      const { kind, fewest } = cheapest;
      const isOut = fewest > this.top(kind) || kind.price * fewest > this.#mostFor(group);
      if (isOut || confirmed.has(cheapest) || this.#problem.isOver()) return raised;
      const { ruledOut, largest } = this.#problem.relaxation.alone(group, kind, fewest);
      if (!ruledOut) {
        confirmed.add(cheapest);
        return raised;
      }
      const isFull = largest === kind.batch;
      for (const [at, other] of candidates.entries()) {
        // No batch was full: larger ones would be the same.
        const isSame =
          other === cheapest ||
          (!isFull && other.kind.hardware === kind.hardware && other.kind.batch > kind.batch);
        if (isSame && other.fewest <= fewest) candidates[at] = { kind: other.kind, fewest: fewest + 1 };
      }
      this.#updateLeast();
    }
  }

  /** Fewest replicas in a range that are not ruled out with all other groups ideal; null if all are. */
  #fewestAlone(group: number, kind: Kind, fewest: number, most: number): number | null {
    const ruledOut = (replicas: number) => this.#problem.relaxation.alone(group, kind, replicas).ruledOut;
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
}
