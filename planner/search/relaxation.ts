/**
 * Bounds for choices of some groups: they are worked out as they are, and all others as if they were never busy, on
 * the fastest hardware that could still be theirs; and since it isn't known then how units come to a group, each of them
 * is over as soon as with any batch size up to the group's. A query can't be faster than that, but for what `margin.ts`
 * gives room.
 */
import type { Objective } from '../../pipelines/index.ts';
import { rankOf } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { asIsLeeway, mostMisses } from './margin.ts';
import { withSmaller, type Kind, type SearchGroup } from './option.ts';
import { selectRank } from './select.ts';
import type { Passage } from './staged-queue.ts';
import { join, Worksheet } from './worksheet.ts';

/** Where some samples have less than this share of the misses they may, the others are not looked at. */
const unlikely = 0.75;

/** How a choice for some groups does at best. */
export interface Bound extends Passage {
  /** Whether too many queries miss an objective whatever the other groups run on. */
  ruledOut: boolean;
}

/** How groups do together at best. */
export interface Together {
  ruledOut: boolean;
  /** What each group saw, as far as it was worked out. */
  passages: readonly Passage[];
}

/** How a choice does. */
export interface Tried extends Passage {
  /** The worst objective's percentile over its limit. */
  score: number;
}

export class Relaxation {
  readonly #counter: { evaluated: number };
  /** In topological order. */
  readonly #groups: readonly SearchGroup[];
  readonly #slo: readonly Objective[];
  /** Milliseconds until the main thread took in a query, at least. */
  readonly #taken: number;
  readonly #allowed: readonly number[];
  readonly #sheets: readonly Worksheet[];
  /** Of all samples, while a choice is scored. */
  readonly #latencies: Float64Array;
  /** Hardware types that a group may still be on. */
  #types: readonly (readonly string[])[];

  /** @param counter counts the choices tried */
  constructor(
    system: System,
    groups: readonly SearchGroup[],
    samples: readonly Sample[],
    slo: readonly Objective[],
    counter = { evaluated: 0 },
  ) {
    this.#counter = counter;
    this.#groups = groups;
    this.#taken = system.engine.query;
    this.#slo = slo;
    const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    this.#allowed = slo.map(({ percentile }) => mostMisses(percentile, queries));
    this.#latencies = new Float64Array(queries);
    this.#sheets = samples.map(sample => new Worksheet(system, groups, sample));
    this.#types = groups.map(() => []);
  }

  /** Says which hardware types groups may be on, and works out all groups ideal. Returns whether that can do. */
  allow(types: readonly (readonly string[])[]): boolean {
    const isNew = (its: readonly string[], group: number) => its.join() !== this.#types[group]!.join();
    const first = types.findIndex(isNew);
    const last = types.findLastIndex(isNew);
    this.#types = types;
    if (first >= 0) for (const sheet of this.#sheets) sheet.allow(types, first, last);
    return !this.#isRuledOut(({ staged, ideal }, limits) =>
      limits.map(limit => staged.countAbove(limit, ideal)),
    );
  }

  /** A group on some replicas of a kind, all others ideal. */
  alone(group: number, kind: Kind, replicas: number): Bound {
    const ways = withSmaller(this.#groups[group]!, kind, replicas);
    const bound = { ruledOut: false, waited: false, largest: 0 };
    bound.ruledOut = this.#isRuledOut((sheet, limits) => {
      const { passage, misses } = sheet.countAlone(group, ways, this.#types, limits);
      join(bound, passage);
      return misses;
    });
    return bound;
  }

  /**
   * All groups together. With several ways to choose a group's pools, each query goes the way that is soonest for it,
   * so what is ruled out is so for all of them.
   * @param ways by group; by ascending batch size
   * @param asIs whether some of them have only one way, that of a choice
   */
  together(ways: readonly (readonly (readonly SimulatedPool[])[])[], asIs = false): Together {
    const passages = ways.map(() => ({ waited: false, largest: 0 }));
    const ruledOut = this.#isRuledOut(
      (sheet, limits) => {
        for (const [group, passage] of sheet.passAll(ways).entries()) join(passages[group]!, passage);
        return limits.map(limit => sheet.staged.countAbove(limit, sheet.together));
      },
      asIs ? asIsLeeway(this.#latencies.length) : 0,
    );
    return { ruledOut, passages };
  }

  /**
   * How complete choices do, from one group on, those before it as placed last: the worst objective's percentile over
   * its limit. At most about 1 is feasible.
   */
  score(from: number, pools: readonly (readonly SimulatedPool[])[]): number {
    return this.try(from, pools).score;
  }

  /** The same, with what the first of those groups saw. */
  try(from: number, pools: readonly (readonly SimulatedPool[])[]): Tried {
    this.#counter.evaluated++;
    const tried = { score: 0, waited: false, largest: 0 };
    for (const sheet of this.#sheets) {
      join(tried, sheet.pass(from, [pools[from]!], sheet.views[0]!));
      for (let g = from + 1; g < this.#groups.length; g++) sheet.pass(g, [pools[g]!], sheet.views[0]!);
    }
    tried.score = this.#worstRatio(0);
    return tried;
  }

  /** How a group does on some pools with all others ideal, as `try` has it. */
  tryAlone(group: number, pools: readonly SimulatedPool[]): Tried {
    this.#counter.evaluated++;
    const tried = { score: 0, waited: false, largest: 0 };
    for (const sheet of this.#sheets) {
      const view = sheet.views[group]!;
      join(tried, sheet.pass(group, [pools], view));
      for (let g = group + 1; g < this.#groups.length; g++) sheet.passIdeally(g, this.#types[g]!, view);
    }
    tried.score = this.#worstRatio(group);
    return tried;
  }

  /** The worst objective's percentile over its limit, of what was worked out last, with groups before one ideal. */
  #worstRatio(from: number): number {
    let at = 0;
    for (const { staged, views } of this.#sheets) {
      staged.latencies(views[from]!, this.#latencies.subarray(at, at + staged.arrivals.length));
      at += staged.arrivals.length;
    }
    const ratios = this.#slo.map(({ percentile, limit }) => {
      const latency = selectRank(this.#latencies, rankOf(percentile, this.#latencies.length) - 1);
      return (latency + this.#taken) / limit;
    });
    return Math.max(...ratios);
  }

  /** Goes through the samples as long as their misses leave it open whether there are too many. */
  #isRuledOut(
    missesOf: (sheet: Worksheet, limits: readonly number[]) => readonly number[],
    leeway = 0,
  ): boolean {
    this.#counter.evaluated++;
    const limits = this.#slo.map(({ limit }) => limit * (1 + leeway) - this.#taken);
    const left = [...this.#allowed];
    for (const [at, sheet] of this.#sheets.entries()) {
      const misses = missesOf(sheet, limits);
      if (misses.some((count, o) => (left[o]! -= count) < 0)) return true;
      const share = (at + 1) / this.#sheets.length;
      if (left.every((rest, o) => rest > (1 - unlikely * share) * this.#allowed[o]!)) return false;
    }
    return false;
  }
}
