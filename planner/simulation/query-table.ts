import type { Structure } from './structure.ts';

/**
 * What became of a stage or a piece of work of a query. `ready`: it has all it needs, but one before it has its turn, at
 * a stage that takes them one after the other.
 */
export const Status = { pending: 0, started: 1, done: 2, skipped: 3, ready: 4 } as const;

/**
 * The queries in flight, each in a row. A piece of work of a query is one number: `row · width + its number in the
 * structure`.
 */
export class QueryTable {
  /** Status of each piece of work. */
  work: Uint8Array;
  /** Status of each stage: `row · stages + stage`. A per-item stage is started once its items are known. */
  stage: Uint8Array;
  /** Items of a per-item stage that are not over. */
  left: Int32Array;
  /** Whether a piece of work may run, if what it needs is there. */
  open: Uint8Array;
  /** Items of each fan-out: `row · fan-outs + fan-out`. */
  counts: Int32Array;
  /** Number of the query. */
  query: Int32Array;
  /** When it came. */
  arrived: Float64Array;
  /** Stages that are not over; 0: the query is ended. */
  stagesLeft: Int32Array;
  /** Pieces of work that are queued or on a replica. */
  pending: Int32Array;
  /** Whether the query was given up: what is left of it is not worked on. */
  dropped: Uint8Array;
  readonly #structure: Structure;
  #free: Int32Array;
  #freeCount: number;
  #rows: number;

  constructor(structure: Structure, rows = 64) {
    this.#structure = structure;
    const { width, stages, fanOuts } = structure;
    this.#rows = rows;
    this.work = new Uint8Array(rows * width);
    this.open = new Uint8Array(rows * width).fill(1);
    this.stage = new Uint8Array(rows * stages.length);
    this.left = new Int32Array(rows * stages.length);
    this.counts = new Int32Array(rows * fanOuts.length);
    for (let at = 0; at < this.counts.length; at++) this.counts[at] = fanOuts[at % fanOuts.length]!.width;
    this.query = new Int32Array(rows);
    this.arrived = new Float64Array(rows);
    this.stagesLeft = new Int32Array(rows);
    this.pending = new Int32Array(rows);
    this.dropped = new Uint8Array(rows);
    this.#free = Int32Array.from({ length: rows }, (_, row) => rows - 1 - row);
    this.#freeCount = rows;
  }

  /** A row for a query that came. */
  add(query: number, now: number): number {
    if (this.#freeCount === 0) this.#grow();
    const row = this.#free[--this.#freeCount]!;
    const { width, stages } = this.#structure;
    clear(this.work, row * width, width);
    clear(this.stage, row * stages.length, stages.length);
    this.query[row] = query;
    this.arrived[row] = now;
    this.stagesLeft[row] = stages.length;
    this.pending[row] = 0;
    this.dropped[row] = 0;
    return row;
  }

  /** Gives a query up. Returns whether it was not given up before. */
  drop(row: number): boolean {
    if (this.dropped[row] === 1) return false;
    this.dropped[row] = 1;
    return true;
  }

  /** A piece of work left its replica or the queue. Returns whether its query was given up; the last frees its row. */
  release(row: number): boolean {
    const left = --this.pending[row]!;
    if (this.dropped[row] === 0) return false;
    if (left === 0) this.remove(row);
    return true;
  }

  /** Frees the row of a query that is over. Its statuses stay readable until another query takes the row. */
  remove(row: number): void {
    this.#free[this.#freeCount++] = row;
  }

  /** Counts the items of a query that are done, by stage. @param items overwritten and returned */
  itemsOf(row: number, items: Int32Array): Int32Array {
    const { width, stages } = this.#structure;
    for (let s = 0; s < stages.length; s++) {
      const { perItem, work, width: most } = stages[s]!;
      if (perItem) {
        items[s] = 0;
        for (let at = row * width + work; at < row * width + work + most; at++)
          if (this.work[at] === Status.done) items[s]!++;
      } else items[s] = this.stage[row * stages.length + s] === Status.done ? 1 : 0;
    }
    return items;
  }

  #grow(): void {
    const bigger = new QueryTable(this.#structure, 2 * this.#rows);
    bigger.work.set(this.work);
    bigger.open.set(this.open);
    bigger.stage.set(this.stage);
    bigger.left.set(this.left);
    bigger.counts.set(this.counts);
    bigger.query.set(this.query);
    bigger.arrived.set(this.arrived);
    bigger.stagesLeft.set(this.stagesLeft);
    bigger.pending.set(this.pending);
    bigger.dropped.set(this.dropped);
    this.work = bigger.work;
    this.open = bigger.open;
    this.stage = bigger.stage;
    this.left = bigger.left;
    this.counts = bigger.counts;
    this.query = bigger.query;
    this.arrived = bigger.arrived;
    this.stagesLeft = bigger.stagesLeft;
    this.pending = bigger.pending;
    this.dropped = bigger.dropped;
    // The new rows are free; the lower half is taken.
    this.#free = bigger.#free;
    this.#freeCount = this.#rows;
    this.#rows = 2 * this.#rows;
  }
}

/** For the few bytes of a query a loop is faster than the built-in. */
function clear(bytes: Uint8Array, start: number, length: number): void {
  for (let at = start; at < start + length; at++) bytes[at] = 0;
}
