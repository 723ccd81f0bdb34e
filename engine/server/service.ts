/** A served pipeline: what every protocol asks, and what everyone who counts is told. */
import { MillraceError } from '../../operators/index.ts';
import type { BoundPipeline, Plan } from '../../pipelines/index.ts';
import type { CancelSignal } from '../runtime/cancel-signal.ts';
import type { Engine } from '../runtime/engine.ts';
import type { QueryOptions } from '../runtime/engine-options.ts';
import type { InputValue } from '../runtime/inputs.ts';
import type { QueryObserver, QueryResult } from '../runtime/query.ts';
import type { NamedSequence } from '../runtime/sequences.ts';
import type { EngineTuner } from '../tuner/engine-tuner.ts';

/** Words of Triton's repository index. */
export type ServiceState = 'LOADING' | 'READY' | 'UNLOADING' | 'UNAVAILABLE';

export type Protocol = 'open-inference' | 'stream' | 'tensorflow-serving' | 'torchserve';

/** Who asks, and how. */
export interface Caller {
  /** Of the request that the query came in. */
  requestId: string;
  protocol: Protocol;
  /** Name of the client's key; its address where no keys are asked for. */
  client: string;
  /** `traceparent` as it came (W3C Trace Context). */
  trace?: string | undefined;
}

export interface InferOptions {
  signal?: CancelSignal;
  sequence?: NamedSequence;
  /** Milliseconds; absent: what the engine gives every query. */
  timeout?: number;
  /** 1 (the highest) to 9. */
  priority?: number;
  /** Is given every output of every stage. */
  partial?: QueryObserver;
}

/** How one query ended. */
export interface QueryReport {
  service: Service;
  caller: Caller;
  /** Milliseconds since the epoch when it was taken. */
  began: number;
  /** Milliseconds until it ended. */
  latency: number;
  /** Exactly one of these is there. */
  result: QueryResult | null;
  error: MillraceError | null;
}

/** Follows one query: its stages, and its end. It must not throw. */
export interface QueryWatch extends QueryObserver {
  ended(report: QueryReport): void;
}

/** Is told what happens to queries. It must not throw. */
export interface ServiceListener {
  /** Whoever wants to see the query's stages gives a watch for it. */
  begun?(
    service: Service,
    caller: Caller,
    inputs: Readonly<Record<string, InputValue>>,
    options: InferOptions,
  ): QueryWatch | undefined;
  ended?(report: QueryReport): void;
}

/** An engine that was started for a service. */
export interface Started {
  engine: Engine;
  plan: Plan | null;
  /** What changes its replicas; absent or null: nothing does. */
  tuner?: EngineTuner | null;
}

export interface ServiceOptions {
  pipeline: BoundPipeline;
  version: string;
  listeners: readonly ServiceListener[];
  /** Is asked before every query. @throws MillraceError `overloaded` if the caller has had its share */
  admit?(caller: Caller): void;
  /** Starts an engine for it; called for every load. */
  start(): Promise<Started>;
}

function together(observers: readonly QueryObserver[]): QueryObserver | undefined {
  if (observers.length < 2) return observers[0];
  return { ran: run => observers.forEach(observer => observer.ran(run)) };
}

/** What was thrown, if it is known; a mistake of ours says nothing of itself to a client. */
export function known(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  return new MillraceError('stage-failed', 'the server failed on this query; its log says why', {
    cause: thrown,
  });
}

export class Service {
  readonly name: string;
  readonly version: string;
  readonly pipeline: BoundPipeline;
  readonly #listeners: readonly ServiceListener[];
  readonly #admit: ServiceOptions['admit'];
  readonly #start: ServiceOptions['start'];
  #state: ServiceState = 'UNAVAILABLE';
  #reason = 'it was not loaded yet';
  #engine: Engine | null = null;
  #plan: Plan | null = null;
  #tuner: EngineTuner | null = null;
  /** What is loaded and unloaded comes one after the other. */
  #change: Promise<void> = Promise.resolve();

  constructor({ pipeline, version, listeners, admit, start }: ServiceOptions) {
    this.name = pipeline.name;
    this.version = version;
    this.pipeline = pipeline;
    this.#listeners = listeners;
    this.#admit = admit;
    this.#start = start;
  }

  /** Not ready either is one whose workers keep ending. */
  get state(): ServiceState {
    return this.#trouble ? 'UNAVAILABLE' : this.#state;
  }

  /** Why it is not ready; empty if it is. */
  get reason(): string {
    return this.#trouble ?? this.#reason;
  }

  /** The engine that answers now; null unless it is ready. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** The plan that runs; null where the engine runs its default. */
  get plan(): Plan | null {
    return this.#tuner?.plan ?? this.#plan;
  }

  /** What changes its replicas; null: nothing does. */
  get tuner(): EngineTuner | null {
    return this.#tuner;
  }

  /** Starts its engine, if it has none. @throws MillraceError why it does not start */
  load(): Promise<void> {
    return this.#next(async () => {
      if (this.#engine) return;
      this.#become('LOADING', 'it is being loaded');
      try {
        const { engine, plan, tuner = null } = await this.#start();
        this.#engine = engine;
        this.#plan = plan;
        this.#tuner = tuner;
        this.#become('READY', '');
      } catch (error) {
        // Why may name paths of this machine: that is for who loads it, not for whoever asks how it is.
        this.#become('UNAVAILABLE', 'it could not be loaded');
        throw error;
      }
    });
  }

  /** Answers what it has accepted and ends its engine. @param limit milliseconds, as of `Engine.close` */
  unload(limit?: number): Promise<void> {
    return this.#next(async () => {
      const engine = this.#engine;
      if (!engine) return;
      this.#become('UNLOADING', 'it is being unloaded');
      this.#tuner?.close();
      this.#engine = null;
      this.#plan = null;
      this.#tuner = null;
      await engine.close(limit);
      this.#become('UNAVAILABLE', 'it was unloaded');
    });
  }

  /** @throws MillraceError `unavailable` unless it is ready, or why there is no answer */
  async infer(
    inputs: Readonly<Record<string, InputValue>>,
    caller: Caller,
    given: InferOptions = {},
  ): Promise<QueryResult> {
    const { signal, sequence, timeout, priority, partial } = given;
    const began = Date.now();
    const from = performance.now();
    const watches: QueryWatch[] = [];
    for (const listener of this.#listeners) {
      const watch = listener.begun?.(this, caller, inputs, given);
      if (watch) watches.push(watch);
    }
    const observer = together(partial ? [partial, ...watches] : watches);
    const options: QueryOptions = { client: caller.client };
    if (signal) options.signal = signal;
    if (sequence) options.sequence = sequence;
    if (timeout !== undefined) options.timeout = timeout;
    if (priority !== undefined) options.priority = priority;
    if (observer) options.observer = observer;
    if (partial) options.partial = true;
    try {
      this.#admit?.(caller);
      if (!this.#engine)
        throw new MillraceError('unavailable', `pipeline "${this.name}" is not ready: ${this.#reason}`);
      const result = await this.#engine.infer(inputs, options);
      const latency = performance.now() - from;
      this.#ended({ service: this, caller, began, latency, result, error: null }, watches);
      return result;
    } catch (thrown) {
      const error = known(thrown);
      const latency = performance.now() - from;
      this.#ended({ service: this, caller, began, latency, result: null, error }, watches);
      throw error;
    }
  }

  get #trouble(): string | null {
    return this.#engine?.trouble ?? null;
  }

  #ended(report: QueryReport, watches: readonly QueryWatch[]): void {
    for (const listener of this.#listeners) listener.ended?.(report);
    for (const watch of watches) watch.ended(report);
  }

  #become(state: ServiceState, reason: string): void {
    this.#state = state;
    this.#reason = reason;
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#change.then(work);
    this.#change = done.catch(() => {});
    return done;
  }
}
