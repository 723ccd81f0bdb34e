/**
 * A sample, stage by stage. Since nothing flows back, it can be worked out for each stage when everything reaches it
 * once that is known of the stages before, which is many times faster than simulating all of them together. What the
 * stages share beside queries is left out: waiting for the main thread, cores of a host, and the order of items of one
 * sequence; all of that only adds to latency. So this gives bounds, and the simulation the verdict.
 */
import { drawFrom, keyedPrefix } from '../../operators/index.ts';
import { QueryDraws } from '../simulation/query-draws.ts';
import { After, type Need, type StageStructure, type Structure } from '../simulation/structure.ts';
import type { Sample } from '../workload/workload.ts';

/** A stage's units (queries, or items) in one sample. */
interface StageUnits {
  /** Query of each unit. */
  query: Int32Array;
  /** First unit of each query, and the end of the last. */
  first: Int32Array;
  /** Whether it runs. */
  present: Uint8Array;
  /** Units that run, in the order of queries. */
  running: Int32Array;
  uniforms: Float64Array;
  allPresent: boolean;
}

/** A source of a need: a stage of which a unit looks at its own unit, or at that of its query; -1: from the start. */
interface Link {
  stage: number;
  sameUnit: boolean;
}

/** The sources of a stage's needs; null where a unit looks at several units of one. */
function linksOf(its: StageStructure, { stages }: Structure): Link[][] | null {
  const links = its.needs.map(({ after, stage }) =>
    [...stage].map((of, at): Link | null => {
      if (after[at] === After.start) return { stage: -1, sameUnit: true };
      const { perItem, fanOut } = stages[of]!;
      if (!perItem) return { stage: of, sameUnit: !its.perItem };
      return after[at] === After.item && fanOut === its.fanOut ? { stage: of, sameUnit: true } : null;
    }),
  );
  if (links.flat().includes(null)) return null;
  // A condition on what is an input too asks for it twice.
  return [...new Map(links.map(of => [JSON.stringify(of), of as Link[]])).values()];
}

export class StagedSample {
  readonly arrivals: Float64Array;
  readonly units: readonly StageUnits[];
  readonly #structure: Structure;
  /** By stage. */
  readonly #links: readonly (readonly (readonly Link[])[] | null)[];
  /** Stages of which one is a query's last. */
  readonly last: readonly number[];
  readonly #latencies: Float64Array;

  constructor(structure: Structure, sample: Sample) {
    this.#structure = structure;
    this.#links = structure.stages.map(stage => linksOf(stage, structure));
    this.arrivals = sample.arrivals;
    this.units = unitsOf(structure, sample);
    // Where every stage runs, those that no other reads are over last.
    const allPresent = this.units.every(units => units.allPresent);
    this.last = structure.stages.flatMap(({ index, dependents, followers }) =>
      allPresent && dependents.length + followers.length > 0 ? [] : [index],
    );
    this.#latencies = new Float64Array(sample.arrivals.length);
  }

  /** Room for the times of one stage's units. */
  room(stage: number): Float64Array {
    return new Float64Array(this.units[stage]!.present.length);
  }

  /**
   * When each unit of a stage has what it needs; for one that is skipped, when that is known.
   * @param over when each unit of the stages before is over, by stage
   */
  ready(stage: number, over: readonly Float64Array[], ready: Float64Array): void {
    const its = this.#structure.stages[stage]!;
    const units = this.units[stage]!;
    if (its.needs.length === 1 && units.allPresent && this.#readyAfterOne(its, over, ready)) return;
    const links = this.#links[stage]!;
    if (links) {
      this.#readyByLinks(links, units, over, ready);
      return;
    }
    for (let unit = 0; unit < ready.length; unit++) {
      const query = units.query[unit]!;
      const item = unit - units.first[query]!;
      let all = this.arrivals[query]!;
      let never = Infinity;
      for (const need of its.needs) {
        const time = this.#needTime(need, query, item, over);
        if (time < 0) never = Math.min(never, -time);
        else all = Math.max(all, time);
      }
      ready[unit] = never < Infinity ? Math.max(never, this.arrivals[query]!) : all;
    }
  }

  /** Where each unit looks at no more than one unit of each stage before, which is most stages. */
  #readyByLinks(
    links: readonly (readonly Link[])[],
    { query }: StageUnits,
    over: readonly Float64Array[],
    ready: Float64Array,
  ): void {
    for (let unit = 0; unit < ready.length; unit++) {
      const q = query[unit]!;
      const arrival = this.arrivals[q]!;
      let all = arrival;
      let never = Infinity;
      for (let n = 0; n < links.length; n++) {
        const alternatives = links[n]!;
        let time = arrival;
        let met = false;
        for (let at = 0; at < alternatives.length && !met; at++) {
          const { stage, sameUnit } = alternatives[at]!;
          if (stage < 0) met = true;
          else {
            const from = sameUnit ? unit : q;
            const end = over[stage]![from]!;
            if (end > time) time = end;
            met = this.units[stage]!.present[from] === 1;
          }
        }
        if (!met) never = Math.min(never, time);
        else if (time > all) all = time;
      }
      ready[unit] = never < Infinity ? never : all;
    }
  }

  /** The common case: one input from a stage that always runs, at the same scope. */
  #readyAfterOne(its: StageStructure, over: readonly Float64Array[], ready: Float64Array): boolean {
    const { after, stage } = its.needs[0]!;
    if (stage.length > 1 || after[0] === After.start) return false;
    const from = this.#structure.stages[stage[0]!]!;
    if (from.perItem !== its.perItem || !this.units[stage[0]!]!.allPresent) return false;
    if (its.perItem && after[0] !== After.item) return false;
    ready.set(over[stage[0]!]!);
    return true;
  }

  /** When a need is met; if it never will be, minus the time when that is known. */
  #needTime({ after, stage }: Need, query: number, item: number, over: readonly Float64Array[]): number {
    let time = this.arrivals[query]!;
    for (let at = 0; at < stage.length; at++) {
      if (after[at] === After.start) return time;
      const of = stage[at]!;
      const units = this.units[of]!;
      const first = units.first[query]!;
      if (!this.#structure.stages[of]!.perItem) {
        time = Math.max(time, over[of]![first]!);
        if (units.present[first] === 1) return time;
      } else if (after[at] === After.item) {
        if (first + item >= units.first[query + 1]!) continue;
        time = Math.max(time, over[of]![first + item]!);
        if (units.present[first + item] === 1) return time;
      } else {
        for (let unit = first; unit < units.first[query + 1]!; unit++)
          time = Math.max(time, over[of]![unit]!);
        return Math.max(time, this.#listTime(of, query, over));
      }
    }
    return -Math.max(time, Number.MIN_VALUE);
  }

  /** When it is known which items a per-item stage has: an empty list is gathered then. */
  #listTime(stage: number, query: number, over: readonly Float64Array[]): number {
    let time = 0;
    for (const { after, stage: of } of this.#structure.stages[stage]!.lists) {
      for (let at = 0; at < of.length; at++) {
        if (after[at] !== After.stage) continue;
        const from = of[at]!;
        time = Math.max(time, over[from]![this.units[from]!.first[query]!]!);
      }
    }
    return time;
  }

  /** How many queries were not yet at a time of their own, and so much beyond, that many milliseconds after they came. */
  countLater(limit: number, times: Float64Array, beyond: Float64Array): number {
    let count = 0;
    for (let q = 0; q < times.length; q++) if (times[q]! + beyond[q]! - this.arrivals[q]! > limit) count++;
    return count;
  }

  /** How many queries took longer than a limit, in milliseconds. */
  countAbove(limit: number, over: readonly Float64Array[]): number {
    const [last, ...others] = this.last;
    if (others.length === 0 && !this.#structure.stages[last!]!.perItem)
      return this.#countLate(limit, over[last!]!);
    this.latencies(over, this.#latencies);
    let count = 0;
    for (let q = 0; q < this.#latencies.length; q++) if (this.#latencies[q]! > limit) count++;
    return count;
  }

  #countLate(limit: number, times: Float64Array): number {
    let count = 0;
    for (let q = 0; q < times.length; q++) if (times[q]! - this.arrivals[q]! > limit) count++;
    return count;
  }

  /** Latency of each query: it is over when all of its stages are. */
  latencies(over: readonly Float64Array[], latencies: Float64Array): void {
    latencies.fill(0);
    for (const stage of this.last) {
      const times = over[stage]!;
      const { query } = this.units[stage]!;
      for (let unit = 0; unit < times.length; unit++) {
        const q = query[unit]!;
        const latency = times[unit]! - this.arrivals[q]!;
        if (latency > latencies[q]!) latencies[q] = latency;
      }
    }
  }
}

function unitsOf(structure: Structure, { arrivals, seed }: Sample): StageUnits[] {
  const draws = new QueryDraws(structure, seed);
  const queries = arrivals.length;
  const query = structure.stages.map((): number[] => []);
  const present = structure.stages.map((): number[] => []);
  const first = structure.stages.map(() => new Int32Array(queries + 1));
  for (let q = 0; q < queries; q++) {
    draws.draw(q);
    for (const { index, perItem, fanOut, work } of structure.stages) {
      const count = perItem ? draws.counts[fanOut]! : 1;
      for (let item = 0; item < count; item++) {
        query[index]!.push(q);
        present[index]!.push(draws.present[work + item]!);
      }
      first[index]![q + 1] = query[index]!.length;
    }
  }
  return structure.stages.map(({ index }) => {
    const prefix = keyedPrefix(seed, index);
    const queryOf = Int32Array.from(query[index]!);
    const running = Int32Array.from(present[index]!.flatMap((runs, unit) => (runs === 1 ? [unit] : [])));
    return {
      query: queryOf,
      first: first[index]!,
      present: Uint8Array.from(present[index]!),
      running,
      uniforms: Float64Array.from(queryOf, (q, unit) => drawFrom(prefix, q, unit - first[index]![q]!)),
      allPresent: running.length === queryOf.length,
    };
  });
}
