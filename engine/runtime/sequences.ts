/**
 * State carried from query to query of a sequence, and from item to item of one query.
 *
 * Each stage with state has a lane per sequence: its pieces of work enter the queue one at a time, in order of query
 * and item, so that a batch never holds two of one sequence.
 */
import { MillraceError, type Tensor } from '../../operators/index.ts';
import type { Clock } from './clock.ts';
import type { Layout } from './layout.ts';
import { Progress, type Lane, type Query, type Sequence } from './query.ts';

export interface SequenceLimits {
  /** Most sequences at a time. */
  sequences: number;
  /** Milliseconds after which a sequence without queries is forgotten. */
  sequenceIdle: number;
}

/** Which sequence a query belongs to, and its place there. */
export interface NamedSequence {
  id: string;
  /** Begins it anew, from zero state. */
  start?: boolean;
  /** Ends it with this query. */
  end?: boolean;
  /** It is forgotten when it is ended, not for having no queries for a while: whoever named it sees to its end. */
  kept?: boolean;
}

export class Sequences {
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #limits: SequenceLimits;
  readonly #enqueue: (query: Query, stage: number, index: number) => void;
  readonly #named = new Map<string, Sequence>();
  readonly #stateful: boolean;

  constructor(
    layout: Layout,
    clock: Clock,
    limits: SequenceLimits,
    enqueue: (query: Query, stage: number, index: number) => void,
  ) {
    this.#layout = layout;
    this.#clock = clock;
    this.#limits = limits;
    this.#enqueue = enqueue;
    this.#stateful = layout.stages.some(({ state }) => state.length > 0);
  }

  get size(): number {
    return this.#named.size;
  }

  /**
   * The sequence a query belongs to: the one named, begun with zero state if it is new or asked for anew, or else one
   * of its own; null in a pipeline without state.
   * @throws MillraceError `overloaded` when there are too many, `stage-failed` when an earlier query of it failed
   */
  of(named: NamedSequence | undefined): Sequence | null {
    if (!this.#stateful) return null;
    if (!named) return this.#create(null, false);
    const sequence = this.#open(named);
    // What comes under its name while the last query is on its way begins anew, too.
    if (named.end) this.#forget(sequence);
    return sequence;
  }

  #open({ id, start = false, kept = false }: NamedSequence): Sequence {
    const known = this.#named.get(id);
    if (known && !start) {
      if (known.failed) {
        throw new MillraceError('stage-failed', `an earlier query of sequence "${id}" failed; start it anew`);
      }
      return known;
    }
    if (known) this.#forget(known);
    if (this.#named.size >= this.#limits.sequences) {
      throw new MillraceError(
        'overloaded',
        `${this.#named.size} sequences are open, which is the limit; end some`,
      );
    }
    const sequence = this.#create(id, kept);
    this.#named.set(id, sequence);
    return sequence;
  }

  #create(id: string | null, kept: boolean): Sequence {
    const lanes = this.#layout.stages.map(({ state }): Lane | null =>
      state.length === 0
        ? null
        : {
            queries: [],
            next: 0,
            ready: new Map(),
            busy: false,
            values: state.map(({ initial }) => initial),
          },
    );
    return { id, kept, lanes, queries: new Set(), failed: false, expiry: null };
  }

  /** Puts a query last in its sequence. */
  join(query: Query, sequence: Sequence): void {
    sequence.expiry?.();
    sequence.expiry = null;
    sequence.queries.add(query);
    for (const lane of sequence.lanes) lane?.queries.push(query);
  }

  /** A piece of work with state has its inputs: it is queued when its turn comes. */
  ready(query: Query, stage: number, index: number): void {
    const lane = query.sequence!.lanes[stage]!;
    // As it mostly is: a sequence whose queries come one after the other.
    if (!query.items[stage] && this.hasTurn(query, stage)) {
      this.takeTurn(query, stage);
      this.#enqueue(query, stage, index);
      return;
    }
    const indices = lane.ready.get(query);
    if (indices) indices.add(index);
    else lane.ready.set(query, new Set([index]));
    this.#pump(lane, stage);
  }

  /** Whether a query's piece of work is the next of a stage that runs once per query, and nothing of it is under way. */
  hasTurn(query: Query, stage: number): boolean {
    const lane = query.sequence!.lanes[stage]!;
    return !lane.busy && lane.queries[0] === query;
  }

  /** A query that has its turn is about to run: no other of the sequence does until it is over. */
  takeTurn(query: Query, stage: number): void {
    query.sequence!.lanes[stage]!.busy = true;
  }

  /** Undoes `takeTurn`: it did not run after all, and will be ready once more. */
  giveTurnBack(query: Query, stage: number): void {
    query.sequence!.lanes[stage]!.busy = false;
  }

  /** Lets the next piece of work of a stage into the queue, if its turn has come. */
  goOn(query: Query, stage: number): void {
    const lane = query.sequence?.lanes[stage];
    if (lane) this.#pump(lane, stage);
  }

  /** Current value of a stage's state for the item whose turn it is. */
  value(query: Query, stage: number, input: string): Tensor | undefined {
    const at = this.#layout.stages[stage]!.state.findIndex(state => state.input === input);
    return at < 0 ? undefined : query.sequence!.lanes[stage]!.values[at];
  }

  /** A piece of work is done: `values` are its sequence's next state. */
  store(query: Query, stage: number, values: readonly Tensor[]): void {
    const lane = query.sequence!.lanes[stage]!;
    lane.values = values;
    lane.busy = false;
    lane.next++;
  }

  /** A query has ended; a failed one takes those that came after it with it. Returns the queries to fail. */
  leave(query: Query, sequence: Sequence, failed: boolean): readonly Query[] {
    const all = failed ? [...sequence.queries] : [];
    const later = all.slice(all.indexOf(query) + 1);
    sequence.queries.delete(query);
    for (let stage = 0; stage < sequence.lanes.length; stage++) {
      const lane = sequence.lanes[stage];
      if (!lane) continue;
      const place = lane.queries.indexOf(query);
      if (place >= 0) lane.queries.splice(place, 1);
      lane.ready.delete(query);
      if (place === 0) lane.next = 0;
      if (!failed) this.#pump(lane, stage);
    }
    if (failed) sequence.failed = true;
    if (sequence.queries.size === 0) {
      if (query.last) this.#forget(sequence);
      else this.#expireLater(sequence);
    }
    return later;
  }

  /** Forgets a sequence, if there is such a one: what comes under its name begins anew. */
  end(id: string): void {
    const known = this.#named.get(id);
    if (known) this.#forget(known);
  }

  /** Forgets every sequence. */
  clear(): void {
    for (const sequence of this.#named.values()) this.#forget(sequence);
  }

  #forget(sequence: Sequence): void {
    sequence.expiry?.();
    if (sequence.id !== null && this.#named.get(sequence.id) === sequence) this.#named.delete(sequence.id);
  }

  #expireLater(sequence: Sequence): void {
    if (sequence.kept || sequence.id === null || this.#named.get(sequence.id) !== sequence) return;
    sequence.expiry?.();
    sequence.expiry = this.#clock.at(this.#clock.now() + this.#limits.sequenceIdle, () =>
      this.#forget(sequence),
    );
  }

  #pump(lane: Lane, stage: number): void {
    while (!lane.busy) {
      const [query] = lane.queries;
      if (!query) return;
      const over = query.progress[stage]! >= Progress.done;
      const count = query.items[stage]?.progress.length ?? 1;
      if (over || (query.items[stage] && lane.next >= count)) {
        lane.queries.shift();
        lane.next = 0;
        continue;
      }
      if (query.progressOf(stage, lane.next) === Progress.skipped) {
        lane.next++;
        continue;
      }
      if (!lane.ready.get(query)?.delete(lane.next)) return;
      lane.busy = true;
      this.#enqueue(query, stage, lane.next);
    }
  }
}
