/** The engine: takes queries at the door and answers each exactly once. */
import { availableParallelism } from 'node:os';
import { formatDuration, MillraceError } from '../../operators/index.ts';
import type { BoundPipeline } from '../../pipelines/index.ts';
import { Bag } from './bag.ts';
import type { CancelSignal } from './cancel-signal.ts';
import { realClock, type Clock } from './clock.ts';
import { defaultDeployment, type Deployment } from './deployment.ts';
import type { EngineEvents } from './events.ts';
import { Execution } from './execution.ts';
import { takeInputs, type InputValue } from './inputs.ts';
import { layOut, type Layout } from './layout.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { silentLog, type Log } from './log.ts';
import type { Pool } from './pool.ts';
import { Query, type QueryObserver, type QueryResult } from './query.ts';
import type { ReplicaFactory } from './replica.ts';
import type { NamedSequence } from './sequences.ts';
import { threadReplicas } from './thread-replica.ts';

export interface EngineOptions {
  /** Groups and their pools; by default what `defaultDeployment` makes for this machine. */
  deployment?: Deployment;
  limits?: Partial<Limits>;
  /** Values to give along with each answer, by STAGE.PORT. */
  show?: readonly string[];
  clock?: Clock;
  replicas?: ReplicaFactory;
  log?: Log;
  events?: EngineEvents;
}

export interface QueryOptions {
  /** Cancels the query. */
  signal?: CancelSignal;
  /** The sequence whose state the query goes on from; without one it starts from zero state and keeps none. */
  sequence?: NamedSequence;
  /** Milliseconds after which the query is answered `deadline-exceeded`; 0 or less: at once. Absent: it may take any. */
  timeout?: number;
  observer?: QueryObserver;
  /** Whether the observer is given every output of every stage, not only what leaves a replica anyway. */
  partial?: boolean;
}

/** What an engine is doing. */
export interface EngineStatus {
  queries: number;
  /** Bytes that unfinished queries hold in shared memory. */
  bytes: number;
  sequences: number;
  groups: { name: string; waiting: number; pools: PoolStatus[] }[];
}

export interface PoolStatus {
  hardware: string;
  /** Largest batch. */
  batch: number;
  /** Milliseconds that items may wait for a fuller batch. */
  maxWait: number;
  /** Replicas. */
  idle: number;
  busy: number;
}

export class Engine {
  readonly pipeline: BoundPipeline;
  readonly limits: Limits;
  /** What it runs. */
  readonly deployment: Deployment;
  readonly #clock: Clock;
  readonly #layout: Layout;
  readonly #execution: Execution;
  readonly #queries = new Bag<Query>();
  #lastId = -1;
  #accepting = true;
  readonly #whenEmpty: (() => void)[] = [];

  private constructor(pipeline: BoundPipeline, options: EngineOptions) {
    this.pipeline = pipeline;
    this.limits = { ...defaultLimits, ...options.limits };
    this.deployment = options.deployment ?? defaultDeployment(pipeline, { cores: availableParallelism() });
    this.#clock = options.clock ?? realClock;
    this.#layout = layOut(pipeline);
    this.#execution = new Execution({
      layout: this.#layout,
      deployment: this.deployment,
      limits: this.limits,
      clock: this.#clock,
      replicas: options.replicas ?? threadReplicas,
      log: options.log ?? silentLog,
      events: options.events ?? {},
      shown: shownSlots(this.#layout, options.show ?? []),
    });
  }

  /**
   * Starts an engine: loads every replica's operators and models.
   * @throws MillraceError if there is no such value to show (`not-found`) or a stage can't be started where it should
   *   (`unavailable`, `stage-failed`); nothing is left running then
   */
  static async start(pipeline: BoundPipeline, options: EngineOptions = {}): Promise<Engine> {
    const isolated = pipeline.stages.find(({ isolation }) => isolation === 'process');
    if (isolated) {
      const message = `stage "${isolated.name}" asks for isolation in a process, which this version does not have`;
      throw new MillraceError('unavailable', message, { stage: isolated.name });
    }
    const engine = new Engine(pipeline, options);
    try {
      await startPools(engine.#execution.groups.flatMap(({ pools }) => pools));
    } catch (error) {
      await engine.close(0);
      throw error;
    }
    return engine;
  }

  /**
   * Runs one query.
   * @param inputs one value per pipeline input
   * @throws MillraceError with a code that says why there is no answer
   */
  async infer(
    inputs: Readonly<Record<string, InputValue>>,
    { signal, sequence: named, timeout, observer, partial }: QueryOptions = {},
  ): Promise<QueryResult> {
    this.#admit();
    if (signal?.aborted) throw cancelled();
    if (timeout !== undefined && timeout <= 0) throw late(timeout);
    const { tensors, bytes } = takeInputs(this.pipeline.inputs, inputs);
    const sequence = this.#execution.sequences.of(named);
    const last = named ? (named.end ?? false) : true;
    return new Promise<QueryResult>((resolve, reject) => {
      const cancel = () => query.settle(cancelled());
      const stopTimer =
        timeout === undefined
          ? null
          : this.#clock.at(this.#clock.now() + timeout, () => query.settle(late(timeout)));
      const settle = (settled: Query, failure: MillraceError | null) => {
        if (settled.ended) return;
        signal?.removeEventListener('abort', cancel);
        stopTimer?.();
        const outcome = failure ?? this.#answer(settled);
        this.#end(settled, outcome instanceof MillraceError ? outcome : null);
        if (outcome instanceof MillraceError) reject(outcome);
        else resolve(outcome);
      };
      this.#lastId++;
      const query = new Query(
        this.#layout,
        this.#lastId,
        this.#clock.now(),
        sequence,
        last,
        settle,
        observer,
        partial,
      );
      this.#queries.add(query);
      this.#execution.memory.holdInput(query, bytes);
      signal?.addEventListener('abort', cancel, { once: true });
      this.#execution.begin(query, tensors);
    });
  }

  /** Forgets a sequence's state. Its queries in flight go on; what comes under its name later begins anew. */
  endSequence(id: string): void {
    this.#execution.sequences.end(id);
  }

  status(): EngineStatus {
    const { memory, sequences, groups } = this.#execution;
    return {
      queries: this.#queries.size,
      bytes: memory.bytes,
      sequences: sequences.size,
      groups: groups.map(({ name, waiting, pools }) => ({
        name,
        waiting,
        pools: pools.map(({ setup: { hardware, batch, maxWait }, idle, busy }) => ({
          hardware,
          batch,
          maxWait,
          idle,
          busy,
        })),
      })),
    };
  }

  /**
   * Takes no more queries and waits for those in flight.
   * @param limit milliseconds after which what is left is answered `unavailable`
   */
  async drain(limit = 30_000): Promise<void> {
    this.#accepting = false;
    if (this.#queries.size > 0 && limit > 0) {
      await new Promise<void>(resolve => {
        const stop = this.#clock.at(this.#clock.now() + limit, resolve);
        this.#whenEmpty.push(() => {
          stop();
          resolve();
        });
      });
    }
    for (const query of this.#queries) {
      query.settle(new MillraceError('unavailable', 'the engine shut down before this query was answered'));
    }
  }

  /**
   * Drains, then ends every replica. A batch that never ends is left behind; it does not keep the process alive.
   * @param limit as of `drain`
   */
  async close(limit = 30_000): Promise<void> {
    await this.drain(limit);
    const { sequences, groups } = this.#execution;
    sequences.clear();
    await Promise.all(groups.map(group => group.close()));
  }

  /** @throws MillraceError if one more query is one too many */
  #admit(): void {
    if (!this.#accepting) throw new MillraceError('unavailable', 'the engine is shutting down');
    const { queries, queue, bytes } = this.limits;
    if (this.#queries.size >= queries) {
      throw new MillraceError(
        'overloaded',
        `${queries} queries are in flight, which is the limit; try again later`,
      );
    }
    const { memory, groups } = this.#execution;
    if (memory.bytes >= bytes) {
      throw new MillraceError(
        'overloaded',
        `queries in flight hold ${memory.bytes} bytes; the limit is ${bytes}`,
      );
    }
    const full = groups.find(({ waiting }) => waiting >= queue);
    if (full)
      throw new MillraceError(
        'overloaded',
        `${full.waiting} items wait at "${full.name}"; the limit is ${queue}`,
      );
  }

  #answer(query: Query): QueryResult | MillraceError {
    try {
      return this.#execution.answer(query);
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  }

  #end(query: Query, error: MillraceError | null): void {
    query.ended = true;
    this.#queries.delete(query);
    for (const other of this.#execution.end(query, error !== null)) {
      const message = 'an earlier query of the sequence failed';
      other.settle(new MillraceError('stage-failed', message, { cause: error }));
    }
    if (this.#queries.size === 0) for (const resume of this.#whenEmpty.splice(0)) resume();
  }
}

/** Starts pools side by side; but devices other than the processor one by one, since some crash otherwise. */
async function startPools(pools: readonly Pool[]): Promise<void> {
  const onProcessor = ({ setup }: Pool) => setup.device === 'cpu';
  for (const pool of pools.filter(pool => !onProcessor(pool))) await pool.start();
  const started = await Promise.allSettled(pools.filter(onProcessor).map(pool => pool.start()));
  const failed = started.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function late(timeout: number): MillraceError {
  const message = `no answer within the query's own time limit of ${formatDuration(timeout)}`;
  return new MillraceError('deadline-exceeded', message);
}

function cancelled(): MillraceError {
  return new MillraceError('cancelled', 'the query was cancelled');
}

/** @throws MillraceError `not-found` naming the values there are */
function shownSlots(layout: Layout, names: readonly string[]): Map<number, string> {
  const slots = new Map<number, string>();
  for (const name of names) {
    const slot = layout.slotOf(name);
    if (slot === undefined) {
      const known = layout.stages.flatMap(({ stage, outputs }) =>
        outputs.map(({ port }) => `${stage.name}.${port}`),
      );
      throw new MillraceError('not-found', `there is no "${name}" to show; there are ${known.join(', ')}`);
    }
    slots.set(slot, name);
  }
  return slots;
}
