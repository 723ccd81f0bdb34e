/**
 * How a query flows through the DAG: which stages may start, which are skipped, and when it is over.
 *
 * Items flow one by one: a per-item stage starts an item as soon as that item's inputs are there, whatever became of
 * its siblings; a stage that takes the list waits for all. A stage that lacks an input, with no fallback left, is
 * skipped, and so in turn is what needs its outputs.
 */
import { asStageError, isList, MillraceError, type Tensor, type Value } from '../../operators/index.ts';
import type { Layout, ListSource, Source, StageLayout } from './layout.ts';
import { Progress, type Query } from './query.ts';

/** A value; null: there will be none; undefined: not yet. */
type Resolved<T> = T | null | undefined;

export interface FlowEvents {
  /** It is known how many items of a per-item stage there are. */
  opened(query: Query, stage: number, count: number): void;
  /** All inputs of a piece of work are there. */
  ready(query: Query, stage: number, index: number): void;
  /** A piece of work was skipped, or a per-item stage turned out to have none. */
  skipped(query: Query, stage: number, index: number): void;
  /** Every stage is done or skipped. */
  finished(query: Query): void;
  failed(query: Query, error: MillraceError): void;
}

/** The first alternative with a value; undefined while one before it may still get one. */
function firstOf<S, T>(sources: readonly S[], resolve: (source: S) => Resolved<T>): Resolved<T> {
  for (const source of sources) {
    const value = resolve(source);
    if (value !== null) return value;
  }
  return null;
}

export class Flow {
  readonly #layout: Layout;
  readonly #events: FlowEvents;
  readonly #maxItems: number;

  /** @param maxItems most items a fan-out may make of one query */
  constructor(layout: Layout, maxItems: number, events: FlowEvents) {
    this.#layout = layout;
    this.#maxItems = maxItems;
    this.#events = events;
  }

  /** Starts a query whose inputs are in their slots. */
  start(query: Query): void {
    for (const { index } of this.#layout.stages) this.#advance(query, index);
  }

  /** A piece of work is done and its outputs are in their slots: lets what waited for it go on. */
  complete(query: Query, stage: number, index: number): void {
    if (query.ended) return;
    query.setProgress(stage, index, Progress.done);
    this.#settled(query, this.#layout.stages[stage]!, index);
  }

  /** Value of one source for a piece of work. */
  resolve(query: Query, source: Source, stage: StageLayout | null, index: number): Resolved<Value> {
    if (source.kind === 'item')
      return firstOf(stage!.lists[source.list]!, list => this.#item(query, list, index));
    if (source.stage < 0) return query.values[source.slot] as Value;
    const progress = query.progress[source.stage];
    if (progress === Progress.skipped) return null;
    if (progress !== Progress.done) return undefined;
    if (source.kind === 'slot') return query.values[source.slot] as Value;
    return (query.values[source.slot] as (Tensor | undefined)[]).filter(item => item !== undefined);
  }

  /** `resolve` for the first of the sources that has a value. */
  #first(
    query: Query,
    sources: readonly Source[],
    stage: StageLayout | null,
    index: number,
  ): Resolved<Value> {
    for (const source of sources) {
      const value = this.resolve(query, source, stage, index);
      if (value !== null) return value;
    }
    return null;
  }

  /** The pipeline's outputs of a finished query. @throws MillraceError if a list's items are of different shapes. */
  outputs(query: Query): Record<string, Value> {
    const outputs: Record<string, Value> = {};
    for (const { name, sources } of this.#layout.outputs) {
      const value = this.#first(query, sources, null, 0);
      if (value === null || value === undefined) continue;
      if (isList(value) && value.some(item => item.shape.join() !== value[0]!.shape.join())) {
        const shapes = [...new Set(value.map(item => `[${item.shape.join(', ')}]`))].join(', ');
        throw new MillraceError(
          'stage-failed',
          `output "${name}" can't be stacked: its items have shapes ${shapes}`,
        );
      }
      outputs[name] = value;
    }
    return outputs;
  }

  #advance(query: Query, index: number): void {
    if (query.ended) return;
    const stage = this.#layout.stages[index]!;
    if (!stage.perItem) {
      this.#tryStart(query, stage, 0);
      return;
    }
    if (!query.items[index] && !this.#open(query, stage)) return;
    const count = query.items[index]?.progress.length ?? 0;
    for (let i = 0; i < count && !query.ended; i++) this.#tryStart(query, stage, i);
  }

  /** Makes a per-item stage's items, once it is known how many there are. */
  #open(query: Query, stage: StageLayout): boolean {
    if (query.progress[stage.index] !== Progress.pending) return false;
    let count = Infinity;
    for (const sources of stage.lists) {
      // Items of any alternative count: which one an item takes is decided item by item.
      const lengths = sources.map(source => this.#length(query, source));
      if (lengths.includes(undefined)) return false;
      const known = lengths.filter(length => length !== null) as number[];
      if (known.length === 0) {
        query.progress[stage.index] = Progress.skipped;
        this.#events.skipped(query, stage.index, 0);
        this.#stageOver(query, stage);
        return false;
      }
      count = Math.min(count, Math.max(...known));
    }
    query.items[stage.index] = { progress: new Uint8Array(count), left: count };
    query.progress[stage.index] = Progress.started;
    this.#events.opened(query, stage.index, count);
    for (const { slot } of stage.outputs)
      query.values[slot] = Array.from<Tensor | undefined>({ length: count });
    for (const follower of stage.followers) this.#advance(query, follower);
    if (count === 0) {
      query.progress[stage.index] = Progress.done;
      this.#events.skipped(query, stage.index, 0);
      this.#stageOver(query, stage);
    }
    return true;
  }

  #tryStart(query: Query, stage: StageLayout, index: number): void {
    if (query.progressOf(stage.index, index) !== Progress.pending) return;
    let waits = false;
    for (const { sources } of stage.inputs) {
      const value = this.#first(query, sources, stage, index);
      if (value === null) return this.#skip(query, stage, index);
      if (value === undefined) waits = true;
    }
    // A stage that names lists but takes none of them still runs on their items alone.
    for (let list = 0; list < stage.lists.length; list++) {
      const value = this.resolve(query, { kind: 'item', list }, stage, index);
      if (value === null) return this.#skip(query, stage, index);
      if (value === undefined) waits = true;
    }
    const conditionValues: Value[] = [];
    if (stage.when) {
      for (const source of stage.when.sources) {
        const value = this.resolve(query, source, stage, index);
        if (value === null) return this.#skip(query, stage, index);
        if (value === undefined) waits = true;
        else conditionValues.push(value);
      }
    }
    if (waits) return;
    if (stage.when) {
      let holds: boolean;
      try {
        holds = stage.when.test(conditionValues);
      } catch (error) {
        this.#events.failed(query, asStageError(error, stage.stage.name));
        return;
      }
      if (!holds) return this.#skip(query, stage, index);
    }
    query.setProgress(stage.index, index, Progress.started);
    this.#events.ready(query, stage.index, index);
  }

  #skip(query: Query, stage: StageLayout, index: number): void {
    query.setProgress(stage.index, index, Progress.skipped);
    this.#events.skipped(query, stage.index, index);
    this.#settled(query, stage, index);
  }

  #settled(query: Query, stage: StageLayout, index: number): void {
    const items = query.items[stage.index];
    if (!items) {
      if (this.#withinLimit(query, stage)) this.#stageOver(query, stage);
      return;
    }
    items.left--;
    for (const follower of stage.followers) {
      if (query.ended) return;
      if (query.items[follower]) this.#tryStart(query, this.#layout.stages[follower]!, index);
    }
    if (items.left === 0 && !query.ended) {
      query.progress[stage.index] = Progress.done;
      this.#stageOver(query, stage);
    }
  }

  #stageOver(query: Query, stage: StageLayout): void {
    query.stagesLeft--;
    for (const dependent of stage.dependents) this.#advance(query, dependent);
    if (query.progress[stage.index] === Progress.skipped) {
      for (const follower of stage.followers) this.#advance(query, follower);
    }
    if (query.stagesLeft === 0 && !query.ended) this.#events.finished(query);
  }

  #withinLimit(query: Query, stage: StageLayout): boolean {
    for (const { port, slot } of stage.outputs) {
      const value = query.values[slot] as Value | undefined;
      if (value === undefined || !isList(value) || value.length <= this.#maxItems) continue;
      const message = `stage "${stage.stage.name}" gave ${value.length} items as "${port}", over the limit of ${this.#maxItems}`;
      this.#events.failed(query, new MillraceError('too-large', message, { stage: stage.stage.name }));
      return false;
    }
    return true;
  }

  #item(query: Query, list: ListSource, index: number): Resolved<Tensor> {
    if (list.perItem && query.items[list.stage]) {
      const progress = query.progressOf(list.stage, index);
      if (progress === Progress.done) return (query.values[list.slot] as Tensor[])[index]!;
      return progress === Progress.skipped ? null : undefined;
    }
    const progress = query.progress[list.stage];
    if (progress === Progress.skipped) return null;
    if (progress !== Progress.done) return undefined;
    return (query.values[list.slot] as readonly Tensor[])[index] ?? null;
  }

  #length(query: Query, list: ListSource): Resolved<number> {
    if (query.progress[list.stage] === Progress.skipped) return null;
    if (list.perItem) return query.items[list.stage]?.progress.length;
    if (query.progress[list.stage] !== Progress.done) return undefined;
    return (query.values[list.slot] as readonly Tensor[]).length;
  }
}
