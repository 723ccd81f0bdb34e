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
import { passQueue, type Passage } from './staged-queue.ts';
import { StagedSample } from './staged-sample.ts';

/** By how much a bound must miss the objectives to rule a choice out. */
const margin = { share: 0.05, queries: 2 };

/** How a choice for some groups does at best. */
export interface Bound extends Passage {
  /** Whether too many queries miss an objective whatever the other groups run on. */
  ruledOut: boolean;
}

/** One sample's times while choices are tried. */
interface Worksheet {
  staged: StagedSample;
  /** When each stage's units are over, by stage, with the groups before chosen. */
  over: Float64Array[];
  /** The same with every group ideal. */
  ideal: Float64Array[];
  /** Units of each group in the order they came last. */
  orders: Int32Array[];
  ready: Float64Array[];
  /** Service times of batches of one, by stage and hardware type. */
  services: Map<string, Float64Array>;
}

export class Relaxation {
  readonly #counter: { evaluated: number };
  readonly #system: System;
  /** In topological order. */
  readonly #groups: readonly SearchGroup[];
  readonly #slo: readonly Objective[];
  readonly #allowed: readonly number[];
  readonly #sheets: readonly Worksheet[];
  /** Of all samples, while a choice is scored. */
  readonly #latencies: Float64Array;
  /** Groups that every query passes one after the other, in order: the longest such way. */
  readonly path: readonly number[];
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
    this.#system = system;
    this.#counter = counter;
    this.#groups = groups;
    this.#slo = slo;
    const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    this.#allowed = slo.map(
      ({ percentile }) => allowedAbove(percentile, queries) * (1 + margin.share) + margin.queries,
    );
    this.#latencies = new Float64Array(queries);
    const { structure } = system;
    this.#sheets = samples.map((sample): Worksheet => {
      const staged = new StagedSample(structure, sample);
      const room = () => structure.stages.map(({ index }) => staged.room(index));
      return {
        staged,
        over: room(),
        ideal: room(),
        orders: groups.map(({ indices }) => staged.units[indices[0]!]!.running.slice()),
        ready: room(),
        services: new Map(),
      };
    });
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
      for (const [group] of this.#groups.entries()) this.#passIdeally(sheet, group, sheet.ideal);
    const left = [...this.#allowed];
    return !this.#sheets.some(({ staged, ideal }) =>
      this.#isTooMany(left, limit => staged.countAbove(limit, ideal)),
    );
  }

  /** A group on some pools, all others ideal. */
  alone(group: number, pools: readonly SimulatedPool[]): Bound {
    this.begin(group);
    return this.#try(group, pools, 0);
  }

  /**
   * A group on some pools, those before it as placed last, those behind it ideal.
   * @param types hardware types that the groups behind it may be on, by group
   * @param rest milliseconds that the groups behind it on the path take at least
   */
  place(
    group: number,
    pools: readonly SimulatedPool[],
    types: readonly (readonly string[])[],
    rest: number,
  ): Bound {
    this.#types = types;
    return this.#try(group, pools, rest);
  }

  /** Makes all groups before one ideal, so that those from there on can be placed. */
  begin(from: number): void {
    for (const { over, ideal } of this.#sheets)
      for (let g = 0; g < from; g++)
        for (const stage of this.#groups[g]!.indices) over[stage]!.set(ideal[stage]!);
  }

  /**
   * How complete choices do, from one group on, those before it as placed last: the worst objective's percentile over
   * its limit. At most about 1 is feasible.
   */
  score(from: number, pools: readonly (readonly SimulatedPool[])[]): number {
    this.#counter.evaluated++;
    for (const sheet of this.#sheets)
      for (let g = from; g < this.#groups.length; g++) this.#pass(sheet, g, pools[g]!);
    let at = 0;
    for (const { staged, over } of this.#sheets) {
      staged.latencies(over, this.#latencies.subarray(at, at + staged.arrivals.length));
      at += staged.arrivals.length;
    }
    const ratios = this.#slo.map(({ percentile, limit }) => {
      return selectRank(this.#latencies, rankOf(percentile, this.#latencies.length) - 1) / limit;
    });
    return Math.max(...ratios);
  }

  /** Stops at the sample where it is sure that too many queries miss an objective. */
  #try(group: number, pools: readonly SimulatedPool[], rest: number): Bound {
    this.#counter.evaluated++;
    const bound = { ruledOut: false, waited: false, largest: 0 };
    const left = [...this.#allowed];
    const pathLeft = [...this.#allowed];
    const pathEnd = this.path.findLast(g => g <= group);
    for (const sheet of this.#sheets) {
      const passage = this.#pass(sheet, group, pools);
      bound.waited ||= passage.waited;
      bound.largest = Math.max(bound.largest, passage.largest);
      // How far queries came along the path is known without a look at the groups behind.
      if (pathEnd !== undefined && rest > 0) {
        const times = sheet.over[this.#groups[pathEnd]!.indices[0]!]!;
        bound.ruledOut = this.#isTooMany(pathLeft, limit => sheet.staged.countLater(limit - rest, times));
        if (bound.ruledOut) break;
      }
      for (let g = group + 1; g < this.#groups.length; g++) this.#passIdeally(sheet, g, sheet.over);
      bound.ruledOut = this.#isTooMany(left, limit => sheet.staged.countAbove(limit, sheet.over));
      if (bound.ruledOut) break;
    }
    return bound;
  }

  /** Takes the misses of one sample off what is left of those allowed. */
  #isTooMany(left: number[], missesOf: (limit: number) => number): boolean {
    return this.#slo.some(({ limit }, o) => (left[o]! -= missesOf(limit)) < 0);
  }

  /** Takes a group's units through its queue. */
  #pass(sheet: Worksheet, group: number, pools: readonly SimulatedPool[]): Passage {
    const { staged, over } = sheet;
    const { indices } = this.#groups[group]!;
    const first = indices[0]!;
    const ready = sheet.ready[first]!;
    staged.ready(first, over, ready);
    over[first]!.set(ready);
    const passage = passQueue(
      {
        ready,
        order: sheet.orders[group]!,
        uniforms: [...indices].map(stage => staged.units[stage]!.uniforms),
      },
      pools,
      over[first]!,
    );
    for (let place = 1; place < indices.length; place++) over[indices[place]!]!.set(over[first]!);
    return passage;
  }

  /** Takes a group's units through it without a queue. */
  #passIdeally(sheet: Worksheet, group: number, over: Float64Array[]): void {
    for (const stage of this.#groups[group]!.indices) {
      const { running } = sheet.staged.units[stage]!;
      const times = over[stage]!;
      const service = this.#service(sheet, group, stage);
      sheet.staged.ready(stage, over, times);
      for (let at = 0; at < running.length; at++) times[running[at]!]! += service[running[at]!]!;
    }
  }

  /** The least service time of each unit of a stage, over the hardware types its group may be on. */
  #service({ staged, services }: Worksheet, group: number, stage: number): Float64Array {
    const types = this.#types[group]!;
    const key = `${stage} ${types.join()}`;
    const known = services.get(key);
    if (known) return known;
    const { name } = this.#system.structure.stages[stage]!;
    const isFirst = stage === this.#groups[group]!.indices[0];
    const times = types.map(type => this.#system.timesOf(name, type)!);
    const wakes = types.map(type => (isFirst ? this.#system.wakeOf(type) : 0));
    const service = staged.units[stage]!.uniforms.map(uniform => {
      let least = Infinity;
      for (let t = 0; t < times.length; t++) least = Math.min(least, times[t]!.draw(1, uniform) + wakes[t]!);
      return least;
    });
    services.set(key, service);
    return service;
  }
}

/**
 * The longest way through groups that every query passes, each needing the one before, by service time on the fastest
 * hardware.
 * @param groups in topological order
 */
function longestPath(system: System, groups: readonly SearchGroup[], always: readonly boolean[]): number[] {
  const { stages } = system.structure;
  const groupOf = new Map(groups.flatMap(({ indices }, g) => [...indices].map(stage => [stage, g] as const)));
  const ways: { groups: number[]; time: number }[] = [];
  for (const [g, { indices, kinds }] of groups.entries()) {
    let before = { groups: [] as number[], time: 0 };
    if (always[g]) {
      for (const { stage } of stages[indices[0]!]!.needs) {
        // The first alternative always is there, or the group would not always be.
        const from = groupOf.get(stage[0]!)!;
        if (stage.length === 1 && ways[from]!.time > before.time) before = ways[from]!;
      }
      const time = Math.min(...kinds.map(({ pool }) => pool.times.reduce((sum, of) => sum + of.mean(1), 0)));
      before = { groups: [...before.groups, g], time: before.time + time };
    }
    ways.push(before);
  }
  return ways.reduce((best, way) => (way.time > best.time ? way : best), ways[0]!).groups;
}
