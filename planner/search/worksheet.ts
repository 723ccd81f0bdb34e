/** One sample's times, stage by stage, while choices for some groups are tried. */
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import type { SearchGroup } from './option.ts';
import { passQueue, type Passage } from './staged-queue.ts';
import { StagedSample } from './staged-sample.ts';
import { isTail } from './tail.ts';

export class Worksheet {
  readonly staged: StagedSample;
  /** When each stage's units are over, by stage, with every group ideal. */
  readonly ideal: readonly Float64Array[];
  /** By group: ideal times for the stages of groups before it, those last worked out for all others. */
  readonly views: readonly (readonly Float64Array[])[];
  /** When each stage's units are over, by stage, with every group as `passAll` had it. */
  readonly together: readonly Float64Array[];
  readonly #system: System;
  readonly #groups: readonly SearchGroup[];
  /** What `passAll` took each group through last. */
  readonly #passed: { key: string; passage: Passage }[] = [];
  /**
   * By group, where every query goes through the groups behind one after the other: the milliseconds they take at
   * least, by query.
   */
  readonly #tails: readonly (Float64Array | null)[];
  /** Units of each group in the order they came last. */
  readonly #orders: readonly Int32Array[];
  readonly #ready: readonly Float64Array[];
  readonly #spare: readonly Float64Array[];
  /** Least service times of batches of one, by stage and the hardware types it may be on. */
  readonly #services = new Map<string, Float64Array>();
  /** Times of batches of one, by group and hardware type. */
  readonly #alone = new Map<string, Float64Array>();

  constructor(system: System, groups: readonly SearchGroup[], sample: Sample) {
    const { stages } = system.structure;
    const staged = new StagedSample(system.structure, sample);
    const room = () => stages.map(({ index }) => staged.room(index));
    const before = (stage: number, group: number) =>
      groups.findIndex(({ indices }) => indices.includes(stage)) < group;
    const over = room();
    const ideal = room();
    this.staged = staged;
    this.ideal = ideal;
    this.together = room();
    this.views = groups.map((_, from) =>
      over.map((times, stage) => (before(stage, from) ? ideal[stage]! : times)),
    );
    this.#system = system;
    this.#groups = groups;
    this.#orders = groups.map(({ indices }) => staged.units[indices[0]!]!.running.slice());
    this.#ready = room();
    this.#spare = room();
    this.#tails = groups.map((_, group) =>
      isTail(system.structure, staged, groups, group) ? new Float64Array(staged.arrivals.length) : null,
    );
  }

  /**
   * Works out all groups ideal.
   * @param types hardware types that each group may be on
   * @param first the first group of which they are new
   * @param last the last such group
   */
  allow(types: readonly (readonly string[])[], first: number, last: number): void {
    for (let group = first; group < types.length; group++) this.passIdeally(group, types[group]!, this.ideal);
    for (let group = last - 1; group >= 0; group--) {
      const tail = this.#tails[group];
      if (!tail) break;
      const behind = this.#tails[group + 1];
      if (behind) tail.set(behind);
      else tail.fill(0);
      for (const stage of this.#groups[group + 1]!.indices) {
        const service = this.#leastService(
          stage,
          stage === this.#groups[group + 1]!.indices[0],
          types[group + 1]!,
        );
        for (let q = 0; q < tail.length; q++) tail[q]! += service[q]!;
      }
    }
  }

  /** How many queries take longer than each limit, one group on the soonest of some ways, all others ideal. */
  countAlone(
    group: number,
    ways: readonly (readonly SimulatedPool[])[],
    types: readonly (readonly string[])[],
    limits: readonly number[],
  ): { passage: Passage; misses: number[] } {
    const view = this.views[group]!;
    const passage = this.pass(group, ways, view);
    const tail = this.#tails[group];
    if (tail) {
      const last = view[this.#groups[group]!.indices.at(-1)!]!;
      return { passage, misses: limits.map(limit => this.staged.countLater(limit, last, tail)) };
    }
    for (let g = group + 1; g < this.#groups.length; g++) this.passIdeally(g, types[g]!, view);
    return { passage, misses: limits.map(limit => this.staged.countAbove(limit, view)) };
  }

  /** Takes the units through all groups, each on the soonest of some ways for each of them. Returns what each saw. */
  passAll(ways: readonly (readonly (readonly SimulatedPool[])[])[]): Passage[] {
    const keys = ways.map(keyOf);
    const first = keys.findIndex((key, group) => key !== this.#passed[group]?.key);
    for (let group = first < 0 ? ways.length : first; group < ways.length; group++)
      this.#passed[group] = { key: keys[group]!, passage: this.pass(group, ways[group]!, this.together) };
    return this.#passed.map(({ passage }) => passage);
  }

  /**
   * Takes a group's units through its queue; with several ways to choose its pools, each as soon as with any of them.
   * Ways with larger batches than the one before are left out once none was full: they would be the same.
   */
  pass(group: number, ways: readonly (readonly SimulatedPool[])[], over: readonly Float64Array[]): Passage {
    const { indices } = this.#groups[group]!;
    const first = indices[0]!;
    const ready = this.#ready[first]!;
    const order = this.#orders[group]!;
    const soonest = over[first]!;
    this.staged.ready(first, over, ready);
    soonest.set(ready);
    const uniforms = [...indices].map(stage => this.staged.units[stage]!.uniforms);
    const apart = this.#system.structure.stages[first]!.needs.length === 0;
    const through = (pools: readonly SimulatedPool[], ends: Float64Array) => {
      const its = pools.map(pool => ({ ...pool, wake: this.#wakeOf(pool) }));
      const alone = its.map(pool => this.#timesAlone(group, pool, uniforms));
      return passQueue({ ready, order, uniforms, alone, apart }, its, ends);
    };
    const passage = through(ways[0]!, soonest);
    for (let way = 1; way < ways.length && passage.largest >= ways[way - 1]![0]!.batch; way++) {
      const ends = this.#spare[first]!;
      join(passage, through(ways[way]!, ends));
      for (let at = 0; at < order.length; at++) {
        const unit = order[at]!;
        if (ends[unit]! < soonest[unit]!) soonest[unit] = ends[unit]!;
      }
    }
    for (let place = 1; place < indices.length; place++) over[indices[place]!]!.set(soonest);
    return passage;
  }

  /**
   * Takes a group's units through it without a queue.
   * @param types hardware types of which each unit has the fastest for it
   */
  passIdeally(group: number, types: readonly string[], over: readonly Float64Array[]): void {
    const { indices } = this.#groups[group]!;
    for (const stage of indices) {
      const { running } = this.staged.units[stage]!;
      const times = over[stage]!;
      const service = this.#leastService(stage, stage === indices[0], types);
      this.staged.ready(stage, over, times);
      if (running.length === times.length)
        for (let unit = 0; unit < times.length; unit++) times[unit]! += service[unit]!;
      else for (let at = 0; at < running.length; at++) times[running[at]!]! += service[running[at]!]!;
    }
  }

  /**
   * What a batch costs its replica beside its stages, at least: it is only free once the main thread took the results,
   * of one item or more.
   */
  #wakeOf({ wake }: Pick<SimulatedPool, 'wake'>): number {
    const { hop, item = 0 } = this.#system.engine;
    return wake + hop + item;
  }

  /** What a batch of one takes a group's replica, by unit: the same for every pool of the hardware. */
  #timesAlone(
    group: number,
    { hardware, times, wake }: SimulatedPool,
    uniforms: readonly Float64Array[],
  ): Float64Array {
    const key = `${group} ${hardware}`;
    let known = this.#alone.get(key);
    if (!known) {
      known = uniforms[0]!.map((_, unit) =>
        times.reduce((sum, of, stage) => sum + of.draw(1, uniforms[stage]![unit]!), wake),
      );
      this.#alone.set(key, known);
    }
    return known;
  }

  /** The least service time of each unit of a stage, over some hardware types. */
  #leastService(stage: number, isFirst: boolean, types: readonly string[]): Float64Array {
    const key = `${stage} ${types.join()}`;
    const known = this.#services.get(key);
    if (known) return known;
    const { name } = this.#system.structure.stages[stage]!;
    const times = types.map(type => this.#system.timesOf(name, type)!);
    const wakes = types.map(type =>
      isFirst ? this.#wakeOf({ wake: this.#system.wakeOf([name], type) }) : 0,
    );
    const service = this.staged.units[stage]!.uniforms.map(uniform => {
      let least = Infinity;
      for (let t = 0; t < times.length; t++) least = Math.min(least, times[t]!.draw(1, uniform) + wakes[t]!);
      return least;
    });
    this.#services.set(key, service);
    return service;
  }
}

/** Adds what one queue saw to what others did. */
export function join(all: Passage, { waited, largest }: Passage): void {
  all.waited ||= waited;
  all.largest = Math.max(all.largest, largest);
}

/** Tells ways for a group from others. */
function keyOf(ways: readonly (readonly SimulatedPool[])[]): string {
  return ways
    .map(pools => pools.map(({ hardware, batch, replicas }) => `${hardware}/${batch}x${replicas}`).join('+'))
    .join(' ');
}
