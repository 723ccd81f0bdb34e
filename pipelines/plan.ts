/** What a plan is: the groups of a pipeline's stages, and the replicas that run them. */
import { Duration, type JsonSchema } from '../operators/index.ts';
import { listOf, number, object, text, yesOrNo } from './schema-parts.ts';
import { SloSchema } from './schema.ts';
import type { Objective } from './types.ts';

/** Replicas of one group on the same hardware with the same maximum batch. */
export interface Pool {
  /** Name of a hardware type. */
  hardware: string;
  /** Most items of a batch. */
  batch: number;
  replicas: number;
  /** Milliseconds that an idle replica waits for a batch to fill; 0 takes what waits. */
  maxWait: number;
  /**
   * So many items that wait are taken at once; a full batch unless given. More than a batch keeps a slow replica idle
   * while faster ones can do what waits.
   */
  backlog?: number | undefined;
}

/** Stages of the same item scope that share replicas. */
export interface Group {
  /** The stages joined by `+` unless given. */
  name: string;
  stages: readonly string[];
  pools: readonly Pool[];
}

/** The arrivals that a plan was made for: a gamma process, or a trace. */
export interface PlanWorkload {
  /** Queries per second. */
  rate?: number;
  cv?: number;
  /** File of arrivals, as it was named. */
  trace?: string;
  sha256?: string;
  queries?: number;
  seeds?: number;
}

/** What the estimator said of a plan: milliseconds, US dollars per hour, shares of busy time by stage or group. */
export interface Predicted {
  p50?: number;
  p95?: number;
  p99?: number;
  spread?: readonly [number, number];
  cost?: number;
  utilisation?: Readonly<Record<string, number>>;
  [figure: string]: unknown;
}

/** How a plan was searched for. */
export interface Search {
  space?: string;
  optimal?: boolean;
  bound?: number;
  /** Of plans that have this share of the objectives' limits to spare, none is cheaper than `bound`. */
  margin?: number;
  evaluated?: number;
  seconds?: number;
  [figure: string]: unknown;
}

export interface Plan {
  /** Name of the pipeline. */
  pipeline: string;
  /** Sorted by percentile. */
  slo: readonly Objective[];
  workload?: PlanWorkload;
  groups: readonly Group[];
  predicted?: Predicted;
  search?: Search;
}

/** Kind and version, the first key of a plan file. */
export const planVersion = 'plan/1';

const Name: JsonSchema = { type: 'string', minLength: 1, maxLength: 1000 };
const Count: JsonSchema = { type: 'integer', minimum: 1, maximum: 100_000 };

const PoolSchema = object(
  { hardware: Name, batch: Count, replicas: Count },
  { 'max-wait': Duration, backlog: Count },
);

const GroupSchema = object({ stages: listOf(Name), pools: listOf(PoolSchema) }, { name: Name });

const WorkloadSchema = object(
  {},
  {
    rate: { type: 'number', exclusiveMinimum: 0 },
    cv: { type: 'number', minimum: 0 },
    trace: Name,
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    queries: Count,
    seeds: Count,
  },
);

/** Figures may be added to without a new version. */
const open = { additionalProperties: true };

const PredictedSchema = object(
  {},
  {
    p50: number,
    p95: number,
    p99: number,
    spread: { type: 'array', items: number, minItems: 2, maxItems: 2 },
    cost: number,
    utilisation: { type: 'object', additionalProperties: number },
  },
  open,
);

const SearchSchema = object(
  {},
  {
    space: text,
    optimal: yesOrNo,
    bound: number,
    margin: number,
    evaluated: { type: 'integer' },
    seconds: number,
  },
  open,
);

/** The plan file. */
export const PlanSchema = object(
  { millrace: { const: planVersion }, pipeline: Name, groups: listOf(GroupSchema) },
  { slo: SloSchema, workload: WorkloadSchema, predicted: PredictedSchema, search: SearchSchema },
);
