/**
 * Bounds for choices of some groups: they are worked out as they are, and all others as if they were never busy, on
 * the fastest hardware that could still be theirs.
 *
 * A query can't be faster than that, but for what a batch does to the draws of its items: an item in a batch takes the
 * time drawn for the batch's first. That is noise, and is given room.
 */
import type { Objective } from '../../pipelines/index.ts';
import { allowedAbove, rankOf } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import type { SearchGroup } from './option.ts';
import { selectRank } from './select.ts';
import type { Passage } from './staged-queue.ts';
import { join, Worksheet } from './worksheet.ts';
import { frontOf } from './front.ts';
import { longestPath } from './longest-path.ts';

/** By how much a bound must miss the objectives to rule a choice out. */
const margin = { share: 0.05, queries: 2 };

/** How a choice for some groups does at best. */
export interface Bound extends Passage {
  /** Whether too many queries miss an objective whatever the other groups run on. */
  ruledOut: boolean;
}

/** What is taken for granted of the other groups while one is placed. */
export interface Surroundings {
  /** The first group that was placed; those before it are ideal. */
  from: number;
  /** Milliseconds by which those before it delay every query at least, beyond what ideal ones do. */
  delay: number;
  /** Hardware types that the groups behind may be on, by group. */
  types: readonly (readonly string[])[];
  /** Milliseconds that the groups behind take at least on the path. */
  rest: number;
}

/** How a group does that was placed. */
export interface Placed extends Bound {
  /** Milliseconds by which the groups placed delay every query that goes on to those behind, beyond ideal ones. */
  delayed: number;
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
  readonly #allowed: readonly number[];
  readonly #sheets: readonly Worksheet[];
  /** Of all samples, while a choice is scored. */
  readonly #latencies: Float64Array;
  /** Groups that every query passes one after the other, in order: the longest such way. */
  readonly path: readonly number[];
  /** Milliseconds of the objective with the least limit. */
  readonly tightest: number;
  /** Stages that those behind each group are reached from; null where some are reached from the start. */
  readonly #fronts: readonly (readonly number[] | null)[];
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
    this.#slo = slo;
    const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    this.#allowed = slo.map(
      ({ percentile }) => allowedAbove(percentile, queries) * (1 + margin.share) + margin.queries,
    );
    this.#latencies = new Float64Array(queries);
    const { structure } = system;
    const groupOf = structure.stages.map(({ index }) =>
      groups.findIndex(({ indices }) => indices.includes(index)),
    );
    this.tightest = Math.min(...slo.map(({ limit }) => limit));
    this.#fronts = groups.map((_, group) => frontOf(structure, groupOf, group));
    this.#sheets = samples.map(sample => new Worksheet(system, groups, sample));
    this.#types = groups.map(() => []);
    const always = groups.map(({ indices }) =>
      [...indices].every(
        stage =>
          !structure.stages[stage]!.perItem &&
          this.#sheets.every(({ staged }) => staged.units[stage]!.allPresent),
      ),
    );
    this.path = longestPath(system, groups, always);
  }

  /** Says which hardware types groups may be on, and works out all groups ideal. Returns whether that can do. */
  allow(types: readonly (readonly string[])[]): boolean {
    this.#types = types;
    for (const sheet of this.#sheets)
      for (const [group] of this.#groups.entries()) sheet.passIdeally(group, types[group]!, sheet.ideal);
    const left = [...this.#allowed];
    return !this.#sheets.some(({ staged, ideal }) =>
      this.#isTooMany(left, limit => staged.countAbove(limit, ideal)),
    );
  }

  /** A group on some pools, all others ideal. */
  alone(group: number, pools: readonly SimulatedPool[]): Bound {
    return this.#try(group, [pools], { from: group, delay: 0, types: this.#types, rest: 0 });
  }

  /**
   * A group on some pools, those before it as placed last, those behind it ideal. With several ways to choose the
   * pools, each query goes the way that is soonest for it, so what is ruled out is so for all of them.
   * @param ways by ascending batch size
   */
  place(group: number, ways: readonly (readonly SimulatedPool[])[], surroundings: Surroundings): Placed {
    this.#types = surroundings.types;
    const bound = this.#try(group, ways, surroundings);
    return { ...bound, delayed: bound.ruledOut ? 0 : this.#delayed(group, surroundings.from) };
  }

  /** The least that any query is later than with ideal groups, where it leaves those placed. */
  #delayed(group: number, from: number): number {
    const front = this.#fronts[group]!;
    if (!front) return 0;
    let least = Infinity;
    for (const { views, ideal } of this.#sheets) {
      for (const stage of front) {
        const over = views[from]![stage]!;
        const soonest = ideal[stage]!;
        for (let unit = 0; unit < over.length; unit++)
          if (over[unit]! - soonest[unit]! < least) least = over[unit]! - soonest[unit]!;
      }
    }
    return least < Infinity ? Math.max(0, least) : 0;
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
      return selectRank(this.#latencies, rankOf(percentile, this.#latencies.length) - 1) / limit;
    });
    return Math.max(...ratios);
  }

  /** Stops at the sample where it is sure that too many queries miss an objective. */
  #try(
    group: number,
    ways: readonly (readonly SimulatedPool[])[],
    { from, delay, rest }: Surroundings,
  ): Bound {
    this.#counter.evaluated++;
    const bound = { ruledOut: false, waited: false, largest: 0 };
    const left = [...this.#allowed];
    const pathLeft = [...this.#allowed];
    const pathEnd = this.path.findLast(g => g <= group);
    for (const sheet of this.#sheets) {
      const view = sheet.views[from]!;
      join(bound, sheet.pass(group, ways, view));
      // How far queries came along the path is known without a look at the groups behind.
      if (pathEnd !== undefined && rest > 0) {
        const times = view[this.#groups[pathEnd]!.indices[0]!]!;
        bound.ruledOut = this.#isTooMany(pathLeft, limit =>
          sheet.staged.countLater(limit - delay - rest, times),
        );
        if (bound.ruledOut) break;
      }
      for (let g = group + 1; g < this.#groups.length; g++) sheet.passIdeally(g, this.#types[g]!, view);
      bound.ruledOut = this.#isTooMany(left, limit => sheet.staged.countAbove(limit - delay, view));
      if (bound.ruledOut) break;
    }
    return bound;
  }

  /** Takes the misses of one sample off what is left of those allowed. */
  #isTooMany(left: number[], missesOf: (limit: number) => number): boolean {
    return this.#slo.some(({ limit }, o) => (left[o]! -= missesOf(limit)) < 0);
  }
}
