/** What the runtime and a replica say to each other. Plain data: it crosses threads and processes. */
import type { Context, Device, ErrorCode, Value } from '../../operators/index.ts';
import type { BoundStage, Stage } from '../../pipelines/index.ts';

/** What a replica is started with. */
export interface ReplicaSpec {
  /** The group's stages in topological order. */
  stages: readonly ReplicaStage[];
  device: Device;
  /** Name of the hardware type; absent for a replica that is of no pool. */
  hardware?: string;
  /** Processor threads one call of a model may use. */
  threads: number;
  /** Absent: a thread. */
  isolation?: Stage['isolation'];
  /** Batches to run before the replica takes work. */
  warmUp?: readonly WarmUpBatch[];
}

/** One item, run as a batch of so many of it. */
export interface WarmUpBatch {
  program: Program;
  values: readonly Value[];
  items: number;
}

/** What a replica needs to know of a stage. */
export type ReplicaStage = Pick<BoundStage, 'name' | 'code' | 'params' | 'outputs' | 'ports' | 'pure'>;

/** An input of a step: one of the item's `values`, or what an earlier step of the same program gave. */
export type StepInput = { port: string; value: number } | { port: string; step: number; from: string };

/** One stage of a run through a group. */
export interface Step {
  /** Place of the stage in the group. */
  stage: number;
  inputs: readonly StepInput[];
  /** Ports whose values leave the replica, under our names. */
  exports: readonly string[];
}

/** The stages of a group that an item passes through in one go. */
export type Program = readonly Step[];

export interface BatchItem {
  /** Place in the batch's `programs`. */
  program: number;
  values: readonly Value[];
  context: Context;
}

export interface Batch {
  programs: readonly Program[];
  items: readonly BatchItem[];
  /** Shared memory that this replica gave out and may use again. */
  recycled: readonly SharedArrayBuffer[];
}

/** Why an item failed: what a client may see, and whole for the log. */
export interface ItemError {
  code: ErrorCode;
  message: string;
  stage: string;
  /** Stack and cause, for the log alone. */
  detail: string;
}

export type ItemResult =
  | {
      /** Every step's exports, in order. */
      outputs: readonly Value[];
      /** Places in the batch's `blocks` of the shared memory that `outputs` lie in. */
      blocks: readonly number[];
    }
  | { error: ItemError };

export interface BatchResult {
  items: readonly ItemResult[];
  /** Shared memory that the results lie in, on loan until the runtime recycles it. */
  blocks: readonly SharedArrayBuffer[];
  /** Milliseconds that each stage of the group took for this batch; 0: it did not run. */
  times: readonly number[];
  /** Bytes of memory that the replica has; told now and then. */
  memory?: number;
}
