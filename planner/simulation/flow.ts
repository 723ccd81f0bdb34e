/**
 * How a simulated query flows through the DAG: the same semantics as the engine's own flow, on statuses alone. Items
 * go on one by one; a stage that takes the list waits for all; what lacks an input is skipped.
 */
import { type QueryTable, Status } from './query-table.ts';
import { After, type Need, type StageStructure, type Structure } from './structure.ts';

export interface FlowEvents {
  /** A piece of work can be queued. */
  ready(work: number, stage: number): void;
  /** Every stage of the query is over. */
  finished(row: number): void;
}

/** Whether a need is met: by its first alternative that was not skipped, once that is over. */
const Met = { no: 0, yes: 1, never: 2 } as const;

export class SimulatedFlow {
  readonly table: QueryTable;
  readonly #stages: readonly StageStructure[];
  /** Stages that wait for none. */
  readonly #roots: readonly StageStructure[];
  readonly #width: number;
  readonly #fanOuts: number;
  readonly #events: FlowEvents;

  constructor(structure: Structure, table: QueryTable, events: FlowEvents) {
    this.table = table;
    this.#stages = structure.stages;
    this.#width = structure.width;
    this.#fanOuts = structure.fanOuts.length;
    this.#events = events;
    this.#roots = structure.stages.filter(({ needs }) => needs.length === 0);
  }

  start(row: number): void {
    for (let at = 0; at < this.#roots.length; at++) this.#tryStart(row, this.#roots[at]!, 0);
  }

  /** A piece of work is done: what waited for it goes on. */
  complete(row: number, stage: number, item: number): void {
    const its = this.#stages[stage]!;
    this.#setStatus(row, its, item, Status.done);
    this.#settled(row, its, item);
    if (its.serial) this.#goOn(row, its, item);
  }

  /** Marks a piece of work as started without queueing it: it runs along with another. */
  started(row: number, stage: number, item: number): void {
    this.#setStatus(row, this.#stages[stage]!, item, Status.started);
  }

  /**
   * Whether a piece of work waits for nothing but stages that run right before it on the same replica.
   * @param before a bit for each of those stages, by its place in the group
   * @param places place in the group of each stage; -1 for those of other groups
   */
  canFollow(row: number, stage: number, item: number, before: number, places: Int8Array): boolean {
    const its = this.#stages[stage]!;
    if (its.apart || this.#status(row, its, item) !== Status.pending) return false;
    if (its.gated && this.table.open[row * this.#width + its.work + item] === 0) return false;
    if (its.perItem && this.table.stage[row * this.#stages.length + stage] !== Status.started) return false;
    for (const need of its.needs) if (!this.#isAtHand(need, row, item, before, places)) return false;
    return true;
  }

  #isAtHand(need: Need, row: number, item: number, before: number, places: Int8Array): boolean {
    for (let at = 0; at < need.stage.length; at++) {
      if (need.direct[at] === 1) {
        const place = places[need.stage[at]!]!;
        if (place >= 0 && ((before >> place) & 1) === 1) return true;
      }
      const status = this.#statusOf(need, at, row, item);
      if (status !== Status.skipped) return status === Status.done;
    }
    return false;
  }

  #status(row: number, { index, work, perItem }: StageStructure, item: number): number {
    return perItem
      ? this.table.work[row * this.#width + work + item]!
      : this.table.stage[row * this.#stages.length + index]!;
  }

  #setStatus(row: number, { index, work, perItem }: StageStructure, item: number, status: number): void {
    if (perItem) this.table.work[row * this.#width + work + item] = status;
    else this.table.stage[row * this.#stages.length + index] = status;
  }

  #statusOf({ after, stage }: Need, at: number, row: number, item: number): number {
    if (after[at] === After.start) return Status.done;
    const of = stage[at]!;
    if (after[at] === After.stage) return this.table.stage[row * this.#stages.length + of]!;
    // A per-item stage that never gets its lists has no items to look at.
    if (this.table.stage[row * this.#stages.length + of] === Status.skipped) return Status.skipped;
    return this.table.work[row * this.#width + this.#stages[of]!.work + item]!;
  }

  #meets(need: Need, row: number, item: number): number {
    for (let at = 0; at < need.stage.length; at++) {
      const status = this.#statusOf(need, at, row, item);
      if (status === Status.done) return Met.yes;
      if (status !== Status.skipped) return Met.no;
    }
    return Met.never;
  }

  #advanceAll(row: number, stages: Int32Array): void {
    for (let at = 0; at < stages.length; at++) this.#advance(row, stages[at]!);
  }

  #advance(row: number, stage: number): void {
    const its = this.#stages[stage]!;
    if (!its.perItem) {
      this.#tryStart(row, its, 0);
      return;
    }
    const status = this.table.stage[row * this.#stages.length + stage]!;
    if (status === Status.pending ? !this.#openItems(row, its) : status !== Status.started) return;
    const count = this.table.counts[row * this.#fanOuts + its.fanOut]!;
    for (let i = 0; i < count; i++) this.#tryStart(row, its, i);
  }

  /** Makes a per-item stage's items, once it is known how many there are. */
  #openItems(row: number, its: StageStructure): boolean {
    const stages = this.#stages.length;
    for (const { after, stage } of its.lists) {
      let known = false;
      for (let at = 0; at < stage.length; at++) {
        const status = this.table.stage[row * stages + stage[at]!]!;
        if (status === Status.skipped) continue;
        // Items are known as soon as the stage before has them, a whole list only when it is there.
        if (status === Status.pending || (after[at] === After.stage && status !== Status.done)) return false;
        known = true;
      }
      if (known) continue;
      this.table.stage[row * stages + its.index] = Status.skipped;
      this.#stageOver(row, its);
      return false;
    }
    const count = this.table.counts[row * this.#fanOuts + its.fanOut]!;
    this.table.stage[row * stages + its.index] = Status.started;
    this.table.left[row * stages + its.index] = count;
    this.#advanceAll(row, its.followers);
    if (count > 0) return true;
    this.table.stage[row * stages + its.index] = Status.done;
    this.#stageOver(row, its);
    return false;
  }

  #tryStart(row: number, its: StageStructure, item: number): void {
    if (this.#status(row, its, item) !== Status.pending) return;
    let waits = false;
    for (let at = 0; at < its.needs.length; at++) {
      const met = this.#meets(its.needs[at]!, row, item);
      if (met === Met.never) return this.#skip(row, its, item);
      if (met === Met.no) waits = true;
    }
    if (waits) return;
    const work = row * this.#width + its.work + item;
    if (this.table.open[work] === 0) return this.#skip(row, its, item);
    if (its.serial && !this.#hasTurn(its, work)) this.#setStatus(row, its, item, Status.ready);
    else this.#enqueue(row, its, item);
  }

  #enqueue(row: number, its: StageStructure, item: number): void {
    this.#setStatus(row, its, item, Status.started);
    this.#events.ready(row * this.#width + its.work + item, its.index);
  }

  #skip(row: number, its: StageStructure, item: number): void {
    this.#setStatus(row, its, item, Status.skipped);
    if (its.serial) this.#goOn(row, its, item);
    this.#settled(row, its, item);
  }

  /** Whether all items before it are over, at a stage that takes them one after the other. */
  #hasTurn({ work: first }: StageStructure, work: number): boolean {
    let before = work - 1;
    const start = work - (work % this.#width) + first;
    while (before >= start && this.table.work[before] === Status.skipped) before--;
    // The last that was not skipped: it too had to wait for those before it.
    return before < start || this.table.work[before] === Status.done;
  }

  /** An item of a stage that takes them one after the other is over: lets the next one in, if that is ready. */
  #goOn(row: number, its: StageStructure, item: number): void {
    const count = this.table.counts[row * this.#fanOuts + its.fanOut]!;
    let next = item + 1;
    while (next < count && this.#status(row, its, next) === Status.skipped) next++;
    if (next === count || this.#status(row, its, next) !== Status.ready) return;
    if (this.#hasTurn(its, row * this.#width + its.work + next)) this.#enqueue(row, its, next);
  }

  #settled(row: number, its: StageStructure, item: number): void {
    if (!its.perItem) {
      this.#stageOver(row, its);
      return;
    }
    const stages = this.#stages.length;
    const left = --this.table.left[row * stages + its.index]!;
    for (let at = 0; at < its.followers.length; at++) {
      const follower = its.followers[at]!;
      if (this.table.stage[row * stages + follower] === Status.started)
        this.#tryStart(row, this.#stages[follower]!, item);
    }
    if (left === 0) {
      this.table.stage[row * stages + its.index] = Status.done;
      this.#stageOver(row, its);
    }
  }

  #stageOver(row: number, its: StageStructure): void {
    this.table.stagesLeft[row]!--;
    this.#advanceAll(row, its.dependents);
    if (
      its.followers.length > 0 &&
      this.table.stage[row * this.#stages.length + its.index] === Status.skipped
    )
      this.#advanceAll(row, its.followers);
    if (this.table.stagesLeft[row] === 0) {
      // Once: what led here may return through other stages that were over before.
      this.table.stagesLeft[row] = -1;
      this.#events.finished(row);
    }
  }
}
