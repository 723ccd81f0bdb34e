/** What a pipeline is, once loaded: the structure every floor above works on. */
import type { PortType, Ports } from '../operators/index.ts';

/** Where a value comes from. */
export type Reference =
  | { kind: 'input'; name: string }
  | { kind: 'port'; stage: string; port: string }
  /** The item at hand under `each`; `name` is the key of the `each` map, `item` where `each` is one list. */
  | { kind: 'item'; name: string };

/** References tried in order: the first that has a value is taken. At least one. */
export type Sources = readonly Reference[];

/** A `when` expression, parsed. */
export interface Condition {
  expression: string;
  /** The ports it reads. */
  references: readonly Reference[];
}

/** One percentile of the latency objective. */
export interface Objective {
  /** 0 to 100. */
  percentile: number;
  /** Milliseconds. */
  limit: number;
}

export interface Stage {
  name: string;
  /** `onnx`, `image/decode`, `./mine.js#name`, … */
  operator: string;
  /** As written, with defaults of the schema where the stage is bound. */
  params: Readonly<Record<string, unknown>>;
  inputs: Readonly<Record<string, Sources>>;
  /** Our name of an output → the operator's name of it. Empty: no renames. */
  outputs: Readonly<Record<string, string>>;
  /** The lists whose items this stage runs on, by item name; null for a stage that runs once per query. */
  each: Readonly<Record<string, Sources>> | null;
  when: Condition | null;
  /** Input → output that is its next value in the sequence. Empty: no state. */
  state: Readonly<Record<string, string>>;
  /** Milliseconds one batch may take. */
  timeout: number;
  isolation: 'thread' | 'process';
  pure: boolean;
}

/** A pipeline's structure: no operator has been looked up and no model opened. */
export interface Pipeline {
  name: string;
  description: string;
  /** Sorted by percentile. */
  slo: readonly Objective[];
  inputs: Readonly<Record<string, PortType>>;
  /** In a topological order; ties in the file's order. */
  stages: readonly Stage[];
  outputs: Readonly<Record<string, Sources>>;
  /** Absolute path of the file; empty for one loaded from text. */
  file: string;
  /** Absolute path of the folder that relative paths in the file are beside. */
  directory: string;
}

/** A stage whose operator is known. */
export interface BoundStage extends Stage {
  /** With file parameters resolved to absolute paths. */
  params: Readonly<Record<string, unknown>>;
  /** A built-in operator's name, or the URL of a user's module and the name it exports. */
  code: { builtin: string } | { module: string; name: string };
  /** Outputs under our names, types with what is known of their sources. Inputs as the operator declares them. */
  ports: Ports;
  cost: 'light' | 'heavy';
}

/** A pipeline that can run. */
export interface BoundPipeline extends Pipeline {
  stages: readonly BoundStage[];
  /** Types of the outputs; for a list, of one item. */
  outputTypes: Readonly<Record<string, PortType>>;
}
