/**
 * What a simulated query brings: how many items each fan-out makes of it, and which branches it takes. A function of
 * the seed and the query's number alone, so that a rehearsal of the same seed sees the very same queries.
 */
import { drawFrom, keyedPrefix, keyedUniform } from '../../operators/index.ts';
import type { Scale } from '../profile/profile.ts';
import { observedPeriod } from './observed-period.ts';
import { After, type Need, type Structure, type StageStructure } from './structure.ts';

/** Keeps these draws apart from those of service times, which are keyed by seed and stage too. */
const branchKey = 0x6272;
const countKey = 0x636f;

/** The observed query that query 0 is like; those after it follow in order, wrapping. */
export function firstObserved(seed: number, samples: number): number {
  return Math.floor(keyedUniform(seed, countKey) * samples);
}

/** Mean of a need: that of its most common alternative, at most one per query or item. */
function meanOf(need: Need, stages: readonly StageStructure[], unit: number): number {
  let most = 0;
  for (const [at, of] of need.stage.entries()) {
    if (need.after[at] === After.start) return unit;
    const { scale, perItem } = stages[of]!;
    const mean = perItem && need.after[at] === After.stage ? 1 : scale.mean;
    most = Math.max(most, need.after[at] === After.item ? mean : Math.min(1, mean) * unit);
  }
  return most;
}

/** Chance that a piece of work that could run does, where only means are known. */
function chanceOf(stage: StageStructure, { stages, fanOuts }: Structure): number {
  const unit = stage.perItem ? fanOuts[stage.fanOut]!.scale.mean : 1;
  const opportunity = Math.min(unit, ...stage.needs.map(need => meanOf(need, stages, unit)));
  return opportunity <= 0 ? 0 : Math.min(1, stage.scale.mean / opportunity);
}

interface Brought {
  counts: Int32Array;
  open: Uint8Array;
  present: Uint8Array;
}

export class QueryDraws implements Readonly<Brought> {
  /** Items of the query drawn last, by fan-out. */
  counts: Int32Array;
  /** Whether each piece of work of that query may run, if what it needs is there. */
  open: Uint8Array;
  /** Whether each piece of work of that query runs: it may, and what it needs is there. */
  present: Uint8Array;
  /** What the observed queries bring, once it was drawn; 0 of them where it is another every time. */
  readonly #period: number;
  readonly #kept: (Brought | undefined)[];
  readonly #structure: Structure;
  readonly #seed: number;
  /** The observed query that query 0 is like, by stage and by fan-out. */
  readonly #firstOfStage: readonly number[];
  readonly #firstOfFanOut: readonly number[];
  readonly #chances: readonly number[];
  /** Start of each stage's draws. */
  readonly #prefixes: Int32Array;

  constructor(structure: Structure, seed: number) {
    this.#structure = structure;
    this.#seed = seed;
    this.#period = observedPeriod(structure);
    this.#kept = Array.from({ length: this.#period });
    this.counts = Int32Array.from(structure.fanOuts, ({ width }) => width);
    this.open = new Uint8Array(structure.width).fill(1);
    this.present = new Uint8Array(structure.width).fill(1);
    const firstOf = ({ scale: { samples, ofArrivals } }: { scale: Scale }) =>
      ofArrivals ? 0 : firstObserved(seed, samples.length);
    this.#firstOfStage = structure.stages.map(firstOf);
    this.#firstOfFanOut = structure.fanOuts.map(firstOf);
    this.#prefixes = Int32Array.from(structure.stages, ({ index }) => keyedPrefix(seed ^ branchKey, index));
    this.#chances = structure.stages.map(stage => (stage.gated ? chanceOf(stage, structure) : 1));
  }

  /** Draws what query number `query` brings into `counts`, `open` and `present`. */
  draw(query: number): void {
    if (this.#structure.plain) return;
    if (this.#period === 0) {
      this.#drawAnew(query);
      return;
    }
    const at = query % this.#period;
    const kept = this.#kept[at];
    if (kept) ({ counts: this.counts, open: this.open, present: this.present } = kept);
    else {
      this.counts = this.counts.slice();
      this.open = this.open.slice();
      this.present = this.present.slice();
      this.#drawAnew(query);
      this.#kept[at] = { counts: this.counts, open: this.open, present: this.present };
    }
  }

  #drawAnew(query: number): void {
    const { stages, fanOuts } = this.#structure;
    for (let f = 0; f < fanOuts.length; f++) this.counts[f] = this.#count(fanOuts[f]!.scale, query, f);
    for (let s = 0; s < stages.length; s++) {
      const stage = stages[s]!;
      const { work, perItem } = stage;
      const count = perItem ? this.counts[stage.fanOut]! : 1;
      for (let i = 0; i < count; i++) this.present[work + i] = this.#possible(stage, i) ? 1 : 0;
      if (stage.gated) this.#close(stage, query, count);
    }
  }

  #count({ mean, samples }: Scale, query: number, fanOut: number): number {
    if (samples.length > 0) return samples[(this.#firstOfFanOut[fanOut]! + query) % samples.length]!;
    const floor = Math.floor(mean);
    const more = drawFrom(keyedPrefix(this.#seed ^ countKey, fanOut), query, 0) < mean - floor;
    return more ? floor + 1 : floor;
  }

  /** Whether everything a piece of work needs will be there. */
  #possible(stage: StageStructure, item: number): boolean {
    for (let n = 0; n < stage.needs.length; n++) {
      const { after, stage: of } = stage.needs[n]!;
      let there = false;
      for (let at = 0; at < of.length && !there; at++) {
        if (after[at] === After.start) there = true;
        else {
          const source = this.#structure.stages[of[at]!]!;
          if (after[at] === After.item) there = this.present[source.work + item] === 1;
          else there = source.perItem ? this.#opens(source) : this.present[source.work] === 1;
        }
      }
      if (!there) return false;
    }
    return true;
  }

  /** Whether a per-item stage gets lists at all, if empty ones. */
  #opens(stage: StageStructure): boolean {
    return stage.lists.every(({ after, stage: of }) =>
      of.some((source, at) => {
        const from = this.#structure.stages[source]!;
        return after[at] === After.item ? this.#opens(from) : this.present[from.work] === 1;
      }),
    );
  }

  /** Decides which of the pieces of work that could run do. */
  #close(stage: StageStructure, query: number, count: number): void {
    const { index, work, scale, perItem, conditional } = stage;
    const prefix = this.#prefixes[index]!;
    const { samples } = scale;
    if (!perItem && samples.length > 0) {
      // As below for one candidate, without a draw: it was seen to run or not.
      const runs = samples[(this.#firstOfStage[index]! + query) % samples.length]! > 0;
      this.open[work] = runs || this.present[work] === 0 ? 1 : 0;
      if (!runs) this.present[work] = 0;
      return;
    }
    let candidates = 0;
    for (let i = 0; i < count; i++) candidates += this.present[work + i]!;
    let wanted = samples.length > 0 ? samples[(this.#firstOfStage[index]! + query) % samples.length]! : -1;
    for (let i = 0; i < count; i++) {
      this.open[work + i] = 1;
      if (this.present[work + i] === 0) continue;
      const uniform = conditional ? drawFrom(prefix, query, i) : 0;
      // Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): `wanted` of the candidates, each set equally likely.
      const taken = wanted < 0 ? uniform < this.#chances[index]! : uniform * candidates < wanted;
      candidates--;
      if (taken) wanted -= wanted < 0 ? 0 : 1;
      else {
        this.open[work + i] = 0;
        this.present[work + i] = 0;
      }
    }
  }
}
