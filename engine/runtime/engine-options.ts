/** What an engine is started with, and what a query brings beside its inputs. */
import type { Forecast } from '../../planner/index.ts';
import type { CancelSignal } from './cancel-signal.ts';
import type { Clock } from './clock.ts';
import type { Deployment } from './deployment.ts';
import type { EngineEvents } from './events.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { QueryObserver } from './query.ts';
import type { ReplicaFactory } from './replica.ts';
import type { NamedSequence } from './sequences.ts';

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
  /** Milliseconds within which a query is answered that brings no time limit of its own; absent: whenever. */
  deadline?: number;
  /** How long stages take; absent: that is learned from what is seen. */
  forecast?: Forecast;
  /** Milliseconds after which what waits rises by one priority (default 1000). */
  ageing?: number;
}

export interface QueryOptions {
  /** Cancels the query. */
  signal?: CancelSignal;
  /** The sequence whose state the query goes on from; without one it starts from zero state and keeps none. */
  sequence?: NamedSequence;
  /**
   * Milliseconds after which the query is answered `deadline-exceeded`; 0 or less: at once. Absent: the engine's
   * `deadline`, but for a query of a named sequence, which would end with it.
   */
  timeout?: number;
  /** 1 (the highest) to 9 (default 5). */
  priority?: number;
  /** Who asks: where there is too much to do, clients get fair shares. */
  client?: string;
  observer?: QueryObserver;
  /** Whether the observer is given every output of every stage, not only what leaves a replica anyway. */
  partial?: boolean;
}
