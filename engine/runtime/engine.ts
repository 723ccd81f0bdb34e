/** The engine: takes queries at the door and answers each exactly once. */
import { availableParallelism } from 'node:os';
import { MillraceError } from '../../operators/index.ts';
import type { BoundPipeline } from '../../pipelines/index.ts';
import { priorities } from '../../planner/index.ts';
import { Bag } from './bag.ts';
import { realClock, type Clock } from './clock.ts';
import { defaultDeployment, type Deployment } from './deployment.ts';
import type { EngineOptions, QueryOptions } from './engine-options.ts';
import { Execution } from './execution.ts';
import { takeInputs, type InputValue } from './inputs.ts';
import { layOut, type Layout } from './layout.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { silentLog } from './log.ts';
import { Query, type QueryResult } from './query.ts';
import { cancelled, checkPriority, late, shuttingDown } from './refusals.ts';
import { shownSlots } from './shown.ts';
import type { EngineStatus } from './status.ts';
import { workerReplicas } from './worker-replica.ts';

export class Engine {
  readonly pipeline: BoundPipeline;
  readonly limits: Limits;
  readonly #clock: Clock;
  readonly #layout: Layout;
  readonly #execution: Execution;
  readonly #queries = new Bag<Query>();
  #lastId = -1;
  #accepting = true;
  readonly #whenEmpty: (() => void)[] = [];
  readonly #deadline: number | undefined;
  /** Changes of the deployment come one after the other. */
  #change: Promise<void> = Promise.resolve();

  private constructor(pipeline: BoundPipeline, options: EngineOptions) {
    this.pipeline = pipeline;
    this.limits = { ...defaultLimits, ...options.limits };
    this.#deadline = options.deadline;
    this.#clock = options.clock ?? realClock;
    this.#layout = layOut(pipeline);
    this.#execution = new Execution({
      layout: this.#layout,
      deployment: options.deployment ?? defaultDeployment(pipeline, { cores: availableParallelism() }),
      limits: this.limits,
      clock: this.#clock,
      replicas: options.replicas ?? workerReplicas(this.limits.start),
      log: options.log ?? silentLog,
      events: options.events ?? {},
      forecast: options.forecast ?? null,
      usual: options.deadline ?? usualTime,
      ageing: options.ageing,
      shown: shownSlots(this.#layout, options.show ?? []),
    });
  }

  /**
   * Starts an engine: loads every replica's operators and models.
   * @throws MillraceError if there is no such value to show (`not-found`) or a stage can't be started where it should
   *   (`unavailable`, `stage-failed`); nothing is left running then
   */
  static async start(pipeline: BoundPipeline, options: EngineOptions = {}): Promise<Engine> {
    const engine = new Engine(pipeline, options);
    try {
      await engine.#execution.groups.start();
    } catch (error) {
      await engine.close(0);
      throw error;
    }
    return engine;
  }

  /** What it runs. */
  get deployment(): Deployment {
    return this.#execution.groups.deployment;
  }

  /**
   * Runs one query.
   * @param inputs one value per pipeline input
   * @throws MillraceError with a code that says why there is no answer
   */
  async infer(
    inputs: Readonly<Record<string, InputValue>>,
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    const { signal, sequence: named, observer, priority = priorities.usual, client = '' } = options;
    const timeout = options.timeout ?? (named ? undefined : this.#deadline);
    const now = this.#clock.now();
    this.#execution.events.arrived?.(now);
    this.#refuse();
    if (signal?.aborted) throw cancelled();
    checkPriority(priority);
    if (timeout !== undefined && timeout <= 0) throw late(timeout);
    const deadline = timeout === undefined ? Infinity : now + timeout;
    const { admission } = this.#execution;
    const expected = admission.admit({ deadline, priority, client }, now);
    const { tensors, bytes } = takeInputs(this.pipeline.inputs, inputs);
    const sequence = this.#execution.sequences.of(named);
    return new Promise<QueryResult>((resolve, reject) => {
      // What was held back for its sake need not wait any more.
      const abandon = (error: MillraceError) => {
        query.settle(error);
        this.#execution.dispatch();
      };
      const cancel = () => abandon(cancelled());
      let stopTimer: (() => void) | null = null;
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
      const query = new Query(this.#layout, {
        id: this.#lastId,
        submitted: now,
        deadline,
        expected,
        priority,
        client,
        sequence,
        last: named ? (named.end ?? false) : true,
        observer: observer ?? null,
        partial: options.partial ?? false,
        settle,
      });
      admission.begin(query, now);
      this.#queries.add(query);
      if (timeout !== undefined) stopTimer = this.#clock.at(deadline, () => abandon(late(timeout)));
      this.#execution.memory.holdInput(query, bytes);
      signal?.addEventListener('abort', cancel, { once: true });
      this.#execution.begin(query, tensors);
    });
  }

  /**
   * Runs another deployment from now on, without a failed query and without a pause: new replicas are started and warm
   * before they take work, and what is replaced ends its batches. Changes come one after the other.
   * @throws MillraceError if a replica can't be started (the deployment stays as it is then) or the engine is closed
   */
  apply(deployment: Deployment): Promise<void> {
    const change = this.#change.then(async () => {
      if (!this.#accepting) throw shuttingDown();
      await this.#execution.groups.apply(deployment);
      this.#execution.admission.changed();
    });
    this.#change = change.catch(() => undefined);
    return change;
  }

  /** Why it can't do all that it is for: a group whose workers keep ending. Null: it can. */
  get trouble(): string | null {
    for (const { health } of this.#execution.groups.all) if (health.trouble) return health.trouble.message;
    return null;
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
      groups: groups.all.map(({ name, waiting, health, pools }) => ({
        name,
        waiting,
        trouble: health.trouble?.message ?? null,
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
   * Drains, then ends every replica once its batch is over. A batch that is not is left behind; it does not keep the
   * process alive.
   * @param limit as of `drain`; for both
   */
  async close(limit = 30_000): Promise<void> {
    const until = this.#clock.now() + limit;
    await this.drain(limit);
    await this.#change;
    const { sequences, groups } = this.#execution;
    sequences.clear();
    await groups.close(Math.max(0, until - this.#clock.now()));
  }

  /** @throws MillraceError if one more query is one too many */
  #refuse(): void {
    if (!this.#accepting) throw shuttingDown();
    const { queries, queue, bytes } = this.limits;
    if (this.#queries.size >= queries) {
      throw new MillraceError(
        'overloaded',
        `${queries} queries are in flight, which is the limit; try again later`,
      );
    }
    const { memory, groups } = this.#execution;
    groups.refuse();
    if (memory.bytes >= bytes) {
      throw new MillraceError(
        'overloaded',
        `queries in flight hold ${memory.bytes} bytes; the limit is ${bytes}`,
      );
    }
    const full = groups.all.find(({ waiting }) => waiting >= queue);
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
    const { admission } = this.#execution;
    admission.end(query, this.#clock.now(), error, this.#queries.size === 0);
    for (const other of this.#execution.end(query, error !== null)) {
      const message = 'an earlier query of the sequence failed';
      other.settle(new MillraceError('stage-failed', message, { cause: error }));
    }
    if (this.#queries.size === 0) for (const resume of this.#whenEmpty.splice(0)) resume();
  }
}

/** Milliseconds that a query usually has where no objective says so. */
const usualTime = 1000;
