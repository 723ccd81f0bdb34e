/** The state of one query on its way through the pipeline. */
import type { Context, MillraceError, Tensor, Value } from '../../operators/index.ts';
import { Bag, type Placed } from './bag.ts';
import type { Block, Holder } from './held-memory.ts';
import type { Layout } from './layout.ts';

/** How far a stage, or one of its items, has come. */
export const Progress = {
  /** Waits for its inputs. */
  pending: 0,
  /** Its inputs are there: it is in a queue or on a replica. A per-item stage: its number of items is known. */
  started: 1,
  done: 2,
  /** Did not run, and has no outputs. */
  skipped: 3,
} as const;

/** A stage's piece of work that waits in a queue or runs on a replica. */
export interface WorkItem extends Placed {
  query: Query;
  stage: number;
  index: number;
  /** When it was first queued, on the runtime's clock. */
  queued: number;
  /** When a replica was last given it. */
  started: number;
  /** Replicas lost while they ran it. */
  losses: number;
  /** It must not share a batch: it may be the one to blame for what became of the last. */
  alone: boolean;
  /** Its query ended while it waited. */
  dropped: boolean;
}

/** The items of a per-item stage. */
export interface Items {
  progress: Uint8Array;
  /** How many are neither done nor skipped. */
  left: number;
}

/** What a stage cost one query. */
export interface StageTimes {
  name: string;
  /** How many items of the query it ran. */
  items: number;
  /** Milliseconds that its items waited in the queue, summed. */
  queue: number;
  /** Milliseconds of the batches its items were in, summed over the items. */
  service: number;
}

export interface QueryResult {
  /** By output name; one that was skipped is absent. A list's items are of equal shape. */
  outputs: Record<string, Value>;
  /** Values asked for with `show`, by STAGE.PORT. */
  shown: Record<string, Value>;
  stages: readonly StageTimes[];
  /** Milliseconds from submission to the answer. */
  latency: number;
}

/** One of a query's pieces of work, done. Times are on the engine's clock, in milliseconds. */
export interface StageRun {
  stage: string;
  /** Place within the fan-out; undefined for a stage that runs once per query. */
  index: number | undefined;
  queued: number;
  /** When its replica began with this stage, as far as the stages before it in the batch tell. */
  started: number;
  /** How long the batch it was in took. */
  service: number;
  /** Items of that batch. */
  batch: number;
  /** By port, where the query asked for partial results; or else what leaves the replica. */
  outputs: Readonly<Record<string, Value>>;
}

/** Is told what becomes of one query on its way. It must not throw. */
export interface QueryObserver {
  ran(run: StageRun): void;
}

/** A stage with state, in one sequence: whose turn it is, and what the state is. */
export interface Lane {
  /** Queries that have work left at this stage, in the order they came. */
  queries: Query[];
  /** Next item of the first query. */
  next: number;
  /** Items of any query whose inputs are there and whose turn has not come. */
  ready: Map<Query, Set<number>>;
  busy: boolean;
  /** Current value of each of the stage's states. */
  values: readonly Tensor[];
}

/** Queries that carry state from one to the next. */
export interface Sequence {
  /** The client's name of it; null for a query that is a sequence of its own. */
  id: string | null;
  /** Whether it lasts until it is ended, however long it has no queries. */
  kept: boolean;
  lanes: (Lane | null)[];
  queries: Set<Query>;
  /** Set once an item failed: nothing can go on from an unknown state. */
  failed: boolean;
  expiry: (() => void) | null;
}

export interface QuerySpec {
  id: number;
  submitted: number;
  /** When it must be answered, on the engine's clock; Infinity: whenever. */
  deadline: number;
  /** When it is expected to be answered. */
  expected: number;
  /** 1 is the highest. */
  priority: number;
  /** Who asks, for a fair share; empty: nobody in particular. */
  client: string;
  sequence: Sequence | null;
  /** Whether this is the last query of its sequence. */
  last: boolean;
  observer: QueryObserver | null;
  /** Whether the observer wants every output of every stage. */
  partial: boolean;
  settle: (query: Query, error: MillraceError | null) => void;
}

export class Query implements Holder, Placed {
  readonly id: number;
  readonly submitted: number;
  readonly deadline: number;
  readonly priority: number;
  readonly client: string;
  readonly sequence: Sequence | null;
  readonly last: boolean;
  readonly expected: number;
  /** Items expected of it, by stage; null: it is not counted. */
  owed: number[] | null = null;
  /** By slot. A per-item stage's slot holds an array with a hole for each item not there (yet). */
  readonly values: (Value | (Tensor | undefined)[] | undefined)[];
  readonly progress: number[];
  readonly items: (Items | null)[];
  /** What each stage cost so far. */
  readonly times: readonly StageTimes[];
  /** Its items that wait in queues, in any order. */
  readonly waiting = new Bag<WorkItem>();
  place = -1;
  /** How many of its items are on replicas. */
  running = 0;
  /** Stages neither done nor skipped. */
  stagesLeft: number;
  ended = false;
  blocks: Set<Block> | null = null;
  /** Bytes of its own inputs in shared memory. */
  inputBytes = 0;
  readonly observer: QueryObserver | null;
  readonly partial: boolean;
  readonly #settle: (query: Query, error: MillraceError | null) => void;

  constructor(layout: Layout, spec: QuerySpec) {
    this.id = spec.id;
    this.submitted = spec.submitted;
    this.deadline = spec.deadline;
    this.expected = spec.expected;
    this.priority = spec.priority;
    this.client = spec.client;
    this.sequence = spec.sequence;
    this.last = spec.last;
    this.observer = spec.observer;
    this.partial = spec.partial;
    this.#settle = spec.settle;
    const stages = layout.stages.length;
    // Plain arrays, and no more of them than there must be: making and collecting queries shows in what a small model
    // can do.
    this.values = Array<undefined>(layout.slots).fill(undefined);
    this.progress = Array<number>(stages).fill(Progress.pending);
    this.items = Array<null>(stages).fill(null);
    this.times = layout.stages.map(({ stage }) => ({ name: stage.name, items: 0, queue: 0, service: 0 }));
    this.stagesLeft = stages;
  }

  /** Ends the query, once: with its outputs, or with an error. */
  settle(error: MillraceError | null): void {
    this.#settle(this, error);
  }

  /** How far one piece of work has come; a stage that runs once per query has only index 0. */
  progressOf(stage: number, index: number): number {
    const items = this.items[stage];
    return items ? (items.progress[index] ?? Progress.skipped) : this.progress[stage]!;
  }

  /** One of a stage's items left the queue. */
  addQueued(stage: number, milliseconds: number): void {
    this.times[stage]!.queue += milliseconds;
  }

  /** One of a stage's items was in a batch that took so long. */
  addService(stage: number, milliseconds: number): void {
    const times = this.times[stage]!;
    times.items++;
    times.service += milliseconds;
  }

  setProgress(stage: number, index: number, progress: number): void {
    const items = this.items[stage];
    if (items) items.progress[index] = progress;
    else this.progress[stage] = progress;
  }
}

/** What an operator is told of an item. */
export function contextOf({ query, stage, index }: WorkItem): Context {
  const items = query.items[stage];
  const lastItem = !items || index === items.progress.length - 1;
  return { query: query.id, index, last: query.last && lastItem };
}
