/**
 * What the server is doing, for people and their dashboards: `GET /v2/millrace/status`. Times are milliseconds, rates
 * per second, `null` where there was nothing to measure. "Recent" is the last minute; percentiles of it are off by at
 * most 1.6 % of themselves. A reader that knows `status/1` reads every later `status/1`: keys are only added.
 */
import type { Objective, Plan } from '../../../pipelines/index.ts';
import type { PortType } from '../../../operators/index.ts';
import type { DecisionKind, TunerMode } from '../../../planner/index.ts';
import type { KeptDecision } from '../../tuner/engine-tuner.ts';
import type { ServiceState } from '../service.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { Outcome } from './outcome.ts';
import type { Point } from './pipeline-recorder.ts';

export interface Status {
  millrace: 'status/1';
  /** Since the epoch. */
  time: number;
  server: ServerStatus;
  pipelines: PipelineStatus[];
}

export interface ServerStatus {
  /** Millrace's version, and Node's. */
  version: string;
  node: string;
  /** Which web server runs; null if none does yet. */
  implementation: string | null;
  /** In use: requests that are being answered, and open WebSockets. */
  connections: number;
  /** Seconds since the process started. */
  uptime: number;
  /** Bytes. */
  memory: { rss: number; heapUsed: number; heapTotal: number; external: number };
  /** How late the event loop was in the last minute. */
  loopDelay: LoopDelay;
}

/** Percentiles and mean of what was recorded lately. */
export interface Times {
  count: number;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface StageStatus {
  name: string;
  operator: string;
  /** Whether it runs once per query, or once per item of a list. */
  scope: 'query' | 'item';
  /** Its condition, as it was written. */
  when: string | null;
  /** The group it is deployed in; null while nothing is. */
  group: string | null;
  /** Queries that failed here, ever. */
  failures: number;
  /** Time of replicas that went into items whose queries had ended meanwhile, ever. */
  wasted: number;
  /** Of items. */
  recent: { rate: number; queue: Times; service: Times };
}

/** `from` null: an input of the pipeline; `to` null: an output of it. */
export interface Edge {
  from: string | null;
  to: string | null;
  /** Names of the outputs that are read: of the stage, or the pipeline's own inputs. */
  ports: string[];
}

export interface PoolStatus {
  hardware: string;
  device: string;
  threads: number;
  /** Most items of a batch. */
  batch: number;
  maxWait: number;
  /** As deployed. */
  replicas: number;
  idle: number;
  busy: number;
}

export interface GroupStatus {
  name: string;
  stages: readonly string[];
  /** Items in its queue. */
  waiting: number;
  pools: PoolStatus[];
  /** Replicas that were lost, ever. */
  lost: number;
  /** Why it takes no queries; null: it does. */
  trouble: string | null;
  recent: { batches: number; meanBatch: number | null };
}

export interface ObjectiveStatus extends Objective {
  /** Queries that count for it, and those within its limit, ever. */
  counted: number;
  met: number;
}

export interface TunerStatus {
  mode: TunerMode;
  /** Its decisions ever, by kind. */
  counts: Readonly<Partial<Record<DecisionKind, number>>>;
  /** `at` in milliseconds since the epoch. */
  decisions: readonly KeptDecision[];
}

export interface PipelineStatus {
  name: string;
  version: string;
  description: string;
  state: ServiceState;
  /** Why it is not ready; empty if it is. */
  reason: string;
  inputs: Readonly<Record<string, PortType>>;
  outputs: Readonly<Record<string, PortType>>;
  stages: StageStatus[];
  edges: Edge[];
  groups: GroupStatus[];
  /** What the plan that runs was made for, and what was predicted; null where the default runs. */
  plan: Pick<Plan, 'workload' | 'predicted' | 'search'> | null;
  /** What changes the replicas, and what it decided last, oldest first; null where nothing does. */
  tuner: TunerStatus | null;
  objectives: ObjectiveStatus[];
  /** Queries in flight, the bytes they hold, and open sequences. */
  live: { queries: number; bytes: number; sequences: number };
  /** Queries that ended, ever, by how. */
  outcomes: Readonly<Partial<Record<Outcome, number>>>;
  recent: {
    /** How long it is: less than a minute at first. */
    seconds: number;
    /** Queries that were answered, per second. */
    rate: number;
    latency: Times;
    /** Five minutes, every five seconds. */
    series: Point[];
  };
}
