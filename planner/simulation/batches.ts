/** What is on a group's replicas in virtual time: the items of each batch, and how long they take. */
import { drawFrom } from '../../operators/index.ts';
import type { Controller } from './control.ts';
import type { ServiceTimes, SimulatedGroup, SimulatedPool } from './deployment.ts';
import type { Surroundings } from './surroundings.ts';

export class Batches {
  /** The first item of each replica's batch; the others follow. */
  readonly first: Int32Array;
  /** Pieces of work, when they came, and the stages each goes through: a bit each, where there are several. */
  readonly items: Int32Array;
  readonly queued: Float64Array;
  readonly runs: Int32Array;
  /** Items of each replica's batch. */
  readonly taken: Int32Array;
  readonly #around: Surroundings;
  readonly #stages: Int32Array;
  /** Place in the group of each stage of the pipeline; -1 for those of other groups. */
  readonly #places: Int8Array;
  /** The first item of those that `#countOf` counted. */
  #drawn = 0;

  /** @param poolOf the pool of each replica */
  constructor({ stages, pools }: SimulatedGroup, poolOf: Int32Array, around: Surroundings) {
    this.#around = around;
    this.#stages = stages;
    this.#places = Int8Array.from(around.structure.stages, ({ index }) => stages.indexOf(index));
    this.first = new Int32Array(poolOf.length);
    let room = 0;
    for (const [replica, pool] of poolOf.entries()) {
      this.first[replica] = room;
      room += pools[pool]!.batch;
    }
    this.items = new Int32Array(room);
    this.queued = new Float64Array(room);
    this.runs = new Int32Array(room);
    this.taken = new Int32Array(poolOf.length);
  }

  /** The stages an item goes through in one go, as the engine's router decides it: a bit each, by place. */
  route(row: number, stage: number, item: number): number {
    const { flow } = this.#around;
    let place = this.#places[stage]!;
    let run = 1 << place;
    for (place++; place < this.#stages.length; place++) {
      const next = this.#stages[place]!;
      if (!flow.canFollow(row, next, item, run, this.#places)) continue;
      flow.started(row, next, item);
      run |= 1 << place;
    }
    return run;
  }

  /**
   * Draws how long a replica's batch takes its stages, in milliseconds, and counts that.
   * @param company share of its host's other cores that are busy
   */
  begin(replica: number, pool: SimulatedPool, company: number): number {
    if (this.#stages.length === 1)
      return this.#stageTime(0, pool, company, this.first[replica]!, this.taken[replica]!);
    let sum = 0;
    for (let place = 0; place < this.#stages.length; place++) {
      const count = this.#countOf(replica, place);
      if (count > 0) sum += this.#stageTime(place, pool, company, this.#drawn, count);
    }
    return sum;
  }

  /**
   * Tells of each stage that a replica's batch passed. What made the batch longer than it would have been alone did so
   * to each of its stages alike.
   * @param took milliseconds of the batch
   */
  tell(replica: number, pool: SimulatedPool, took: number, controller: Controller, now: number): void {
    const { times, hardware, wake } = pool;
    let alone = wake;
    for (let place = 0; place < this.#stages.length; place++) {
      const count = this.#countOf(replica, place);
      if (count > 0) alone += this.#draw(place, times[place]!, this.#drawn, count);
    }
    const longer = alone > 0 ? took / alone : 1;
    for (let place = 0; place < this.#stages.length; place++) {
      const count = this.#countOf(replica, place);
      if (count === 0) continue;
      const time = this.#draw(place, times[place]!, this.#drawn, count);
      controller.ran(now, this.#stages[place]!, hardware, count, time * longer);
    }
  }

  /** How many items of a replica's batch go through a stage; `#drawn` is then the first of them. */
  #countOf(replica: number, place: number): number {
    const first = this.first[replica]!;
    const taken = this.taken[replica]!;
    this.#drawn = first;
    if (this.#stages.length === 1) return taken;
    let count = 0;
    for (let k = first; k < first + taken; k++) {
      if (((this.runs[k]! >> place) & 1) === 0) continue;
      if (count++ === 0) this.#drawn = k;
    }
    return count;
  }

  #stageTime(
    place: number,
    { times, crowded }: SimulatedPool,
    company: number,
    first: number,
    count: number,
  ): number {
    let time = this.#draw(place, times[place]!, first, count);
    if (crowded && company > 0) time += company * (this.#draw(place, crowded[place]!, first, count) - time);
    const counts = this.#around.stageCounts[this.#stages[place]!]!;
    counts.items += count;
    counts.service += time * count;
    return time;
  }

  /** Milliseconds of one stage for so many items, drawn for the first of them. */
  #draw(place: number, times: ServiceTimes, first: number, count: number): number {
    const { structure, table, prefixes } = this.#around;
    const work = this.items[first]!;
    const row = (work / structure.width) | 0;
    const item = structure.itemOf[work - row * structure.width]!;
    return times.draw(count, drawFrom(prefixes[this.#stages[place]!]!, table.query[row]!, item));
  }
}
