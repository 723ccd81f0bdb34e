/** Work on its way: queries' pieces of work into the groups' queues, and replicas' results back into the queries. */
import { inspect } from 'node:util';
import type { Tensor, Value } from '../../operators/index.ts';
import type { Forecast } from '../../planner/index.ts';
import type { Clock } from './clock.ts';
import type { Deployment } from './deployment.ts';
import { Flow } from './flow.ts';
import { Admission } from './admission.ts';
import type { Dispatched } from './flights.ts';
import type { GroupEvents } from './group.ts';
import { GroupMaker } from './group-maker.ts';
import { Groups } from './groups.ts';
import { HeldMemory, type Lender } from './held-memory.ts';
import { errorOf } from './item-error.ts';
import type { Layout } from './layout.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import { tellStages, type EngineEvents } from './events.ts';
import type { BatchResult } from './message.ts';
import type { PoolEvents } from './pool-options.ts';
import { Router } from './program.ts';
import type { Query, QueryResult, WorkItem } from './query.ts';
import { howLost, type ReplicaFactory } from './replica.ts';
import { storeOutputs, tellRuns } from './results.ts';
import { Sequences } from './sequences.ts';

export interface ExecutionOptions {
  layout: Layout;
  deployment: Deployment;
  limits: Limits;
  clock: Clock;
  replicas: ReplicaFactory;
  log: Log;
  events: EngineEvents;
  forecast: Forecast | null;
  /** Milliseconds there usually are for a query. */
  usual: number;
  /** Milliseconds after which what waits rises by one priority. */
  ageing: number | undefined;
  /** Slots whose values are given along with each answer, and their names. */
  shown: ReadonlyMap<number, string>;
}

export class Execution {
  readonly memory = new HeldMemory();
  readonly sequences: Sequences;
  readonly groups: Groups;
  readonly admission: Admission;
  readonly #layout: Layout;
  readonly #flow: Flow;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly events: EngineEvents;
  readonly #shown: ReadonlyMap<number, string>;

  constructor(options: ExecutionOptions) {
    const { layout, deployment, limits, clock, forecast, usual } = options;
    this.#layout = layout;
    this.#clock = clock;
    this.#log = options.log;
    this.events = options.events;
    this.#shown = options.shown;
    this.#flow = new Flow(layout, limits.items, {
      opened: (query, stage, count) => this.admission.outstanding.set(query, stage, count),
      ready: (query, stage, index) => {
        if (!query.items[stage]) this.admission.outstanding.set(query, stage, 1);
        if (layout.stages[stage]!.state.length > 0) this.sequences.ready(query, stage, index);
        else this.#enqueue(query, stage, index);
      },
      skipped: (query, stage) => {
        const { perItem } = layout.stages[stage]!;
        if (perItem && !query.items[stage]) this.admission.outstanding.set(query, stage, 0);
        else this.admission.outstanding.done(query, stage);
        this.sequences.goOn(query, stage);
      },
      finished: query => query.settle(null),
      failed: (query, error) => query.settle(error),
    });
    this.sequences = new Sequences(layout, clock, limits, (query, stage, index) => {
      this.#enqueue(query, stage, index);
    });
    const makers = new GroupMaker({
      ...options,
      router: stages => new Router(layout, this.#flow, this.sequences, stages, new Set(this.#shown.keys())),
      events: spec => this.#eventsOf(spec),
      poolEvents: spec => this.#poolEventsOf(spec),
    });
    this.groups = new Groups(layout, deployment, forecast, makers);
    const running = this.groups;
    this.admission = new Admission({ layout, running, forecast, usual });
  }

  /** Starts a query on its way. */
  begin(query: Query, inputs: ReadonlyMap<string, Tensor>): void {
    for (const { name, slot } of this.#layout.inputs) query.values[slot] = inputs.get(name)!;
    if (query.sequence) this.sequences.join(query, query.sequence);
    this.#flow.start(query);
    this.dispatch();
  }

  /**
   * The answer to a query whose stages are all over.
   * @throws MillraceError if a list of the outputs can't be stacked
   */
  answer(query: Query): QueryResult {
    const outputs = this.#flow.outputs(query);
    const shown: Record<string, Value> = {};
    for (const [slot, name] of this.#shown) {
      const value = query.values[slot];
      if (value === undefined) continue;
      shown[name] = Array.isArray(value)
        ? value.filter((item): item is Tensor => item !== undefined)
        : (value as Value);
    }
    if (query.blocks) {
      for (const value of [...Object.values(outputs), ...Object.values(shown)])
        this.memory.keep(query, value);
    }
    return {
      outputs,
      shown,
      stages: query.times,
      latency: this.#clock.now() - query.submitted,
    };
  }

  /** Frees what an ended query has in queues and memory, and tells of its answer. Returns the queries that can't go on without it. */
  end(query: Query, failed: boolean): readonly Query[] {
    if (!failed) this.events.answered?.(query.times);
    for (const item of query.waiting) {
      query.waiting.delete(item);
      this.groups.of(item.stage).drop(item);
    }
    this.#releaseIfOver(query);
    return query.sequence ? this.sequences.leave(query, query.sequence, failed) : [];
  }

  /** Starts every batch that can be started now. */
  dispatch(): void {
    this.groups.dispatch();
  }

  #eventsOf({ name }: Deployment[number]): GroupEvents {
    return {
      dispatched: (batch, now) => this.#dispatched(batch, now),
      completed: (batch, result, lender, { setup }) => {
        this.events.batchDone?.({ group: name, hardware: setup.hardware, items: batch.length });
        tellStages(this.events, batch, result.times, this.#layout, setup.hardware);
        this.#completed(batch, result, lender, setup.hardware);
      },
      left: item => this.#left(item),
      again: items => this.#again(items),
      failed: (item, error) => item.query.settle(error),
      replicaLost: reason => {
        this.#log.error({ group: name, detail: inspect(reason) }, `a replica was lost (${howLost(reason)})`);
        this.events.replicaLost?.(name);
      },
      circuit: trouble => {
        if (trouble) this.#log.error({ group: name }, trouble.message);
        this.events.circuit?.(name, trouble?.message ?? null);
      },
      changed: () => this.dispatch(),
    };
  }

  #poolEventsOf(spec: Deployment[number]): PoolEvents {
    const group = spec.name;
    const health = () => this.groups.find(spec)?.health;
    return {
      ready: () => {
        health()?.ready();
        this.dispatch();
      },
      startFailed: error => {
        this.#log.error({ group, detail: inspect(error) }, 'a replica could not be replaced');
        health()?.startFailed();
      },
      lost: reason => health()?.lost(reason),
      worn: bytes => this.#log.error({ group, bytes }, 'a replica has too much memory and is replaced'),
    };
  }

  #enqueue(query: Query, stage: number, index: number): void {
    const queued = this.#clock.now();
    const item: WorkItem = {
      query,
      stage,
      index,
      queued,
      started: queued,
      losses: 0,
      alone: false,
      dropped: false,
      place: -1,
    };
    query.waiting.add(item);
    this.groups.of(stage).enqueue(item);
  }

  #dispatched(batch: readonly Dispatched[], now: number): void {
    for (const { item } of batch) {
      item.query.waiting.delete(item);
      item.query.running++;
      item.started = now;
      item.query.addQueued(item.stage, now - item.queued);
    }
  }

  #completed(batch: readonly Dispatched[], result: BatchResult, lender: Lender, hardware: string): void {
    const blocks = result.blocks.map(buffer => this.memory.lent(buffer, lender));
    for (const [place, dispatched] of batch.entries()) {
      const { query } = dispatched.item;
      const outcome = result.items[place]!;
      query.running--;
      if (query.ended) {
        this.#tellWasted(dispatched, result.times, batch.length);
        this.#releaseIfOver(query);
      } else if ('error' in outcome) {
        const { code, message, stage, detail } = outcome.error;
        this.#log.warn({ query: query.id, stage, code, detail }, message);
        query.settle(errorOf(outcome.error));
      } else {
        for (const block of outcome.blocks) this.memory.hold(query, blocks[block]!);
        storeOutputs(dispatched, outcome.outputs, result.times);
        if (query.observer) {
          if (query.partial) for (const value of outcome.outputs) this.memory.keep(query, value);
          const ran = { times: result.times, items: batch.length, hardware };
          tellRuns(query.observer, this.#layout, dispatched, outcome.outputs, ran);
        }
        for (const stage of dispatched.route.stages) this.#stageDone(query, stage, dispatched.item.index);
      }
    }
    for (const block of blocks) this.memory.read(block);
  }

  #stageDone(query: Query, stage: number, index: number): void {
    const { state } = this.#layout.stages[stage]!;
    if (state.length > 0 && !query.ended) {
      const values = state.map(({ slot }) => {
        const value = query.values[slot]!;
        return (query.items[stage] ? (value as Tensor[])[index] : value) as Tensor;
      });
      for (const value of values) this.memory.keep(query, value);
      // Before the flow goes on: the query may end with this stage, and the next of its sequence begin.
      this.sequences.store(query, stage, values);
    }
    this.admission.outstanding.done(query, stage);
    this.#flow.complete(query, stage, index);
    if (state.length > 0) this.sequences.goOn(query, stage);
  }

  #left(item: WorkItem): void {
    item.query.running--;
    if (item.query.ended) this.#releaseIfOver(item.query);
  }

  /** Queues items of a replica that was lost again: their group may be another one by now. */
  #again(items: readonly WorkItem[]): void {
    for (const group of this.groups.all) {
      const own = items.filter(({ stage }) => this.groups.of(stage) === group);
      if (own.length > 0) group.putBack(own);
    }
    for (const item of items) item.query.waiting.add(item);
  }

  /** An item's query ended while it ran. */
  #tellWasted({ route }: Dispatched, times: readonly number[], batch: number): void {
    if (!this.events.wasted) return;
    for (const [step, stage] of route.stages.entries()) {
      const { name } = this.#layout.stages[stage]!.stage;
      this.events.wasted(name, times[route.program[step]!.stage]! / batch);
    }
  }

  #releaseIfOver(query: Query): void {
    if (query.running === 0) this.memory.release(query);
  }
}
