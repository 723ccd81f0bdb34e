/**
 * The contract between a stage and the code it runs. A user's own operator is a module that exports such an object:
 *
 * ```js
 * export const operator = {
 *   description: 'Shouts.',
 *   ports: { inputs: { text: { datatype: 'BYTES', shape: [1] } }, outputs: { text: { datatype: 'BYTES', shape: [1] } } },
 *   create: () => ({ run: batch => batch.map(item => ({ text: shout(item.inputs.text) })) }),
 * };
 * ```
 */
import type { Datatype } from './datatype.ts';
import type { Value } from './tensor.ts';

/** A size; or a name, equal wherever the operator uses it again; or -1, anything. */
export type Dimension = number | string;

/** What a port takes or gives for one query (no batch axis). */
export interface PortType {
  datatype: Datatype | 'ANY';
  /** Absent: any rank. */
  shape?: readonly Dimension[];
  /** A list of such tensors: what a fan-out makes, or a gather collects. */
  list?: boolean;
  /** `like: 'in'` on an output: the datatype, shape and listness of what is connected to input `in`. */
  like?: string;
  /** An input that may stay unconnected. */
  optional?: boolean;
  /** Media type of a BYTES port's elements, e.g. `application/json`: shown as what it is, not as a string. */
  content?: string;
  description?: string;
}

export interface Ports {
  /** An input named `*` accepts any number of inputs of any other name. */
  inputs: Readonly<Record<string, PortType>>;
  outputs: Readonly<Record<string, PortType>>;
}

/** What an operator may know of the query an item belongs to. */
export interface Context {
  /** Changes with every query of this engine. */
  query: number;
  /** Place within the fan-out, 0 for a stage that runs once per query. */
  index: number;
  /** Whether this is the last item of its sequence: flush what the state holds back. */
  last: boolean;
}

/** One unit of work. */
export interface Item {
  inputs: Readonly<Record<string, Value>>;
  context: Context;
}

export type Outputs = Record<string, Value>;

/** An operator started on a replica. */
export interface Runner {
  /**
   * Runs a batch. Gives as many results as there are items, in the same order; an Error in an item's place fails
   * that item alone. A throw fails the batch, which is then run again in halves to find the item to blame.
   */
  run(batch: readonly Item[]): (Outputs | Error)[] | Promise<(Outputs | Error)[]>;
  /** Whether its first batches take no longer than any other, so that there is nothing to warm up. */
  isWarm?: boolean;
  /** Frees what the operator holds. Called once, with no batch running. */
  close?(): void | Promise<void>;
}

/** Where and how an operator is started. */
export interface Site {
  /** Name of the stage, for messages. */
  stage: string;
  device: Device;
  /** Processor threads that one call may use. */
  threads: number;
  /** Whether an item may be run again once it may have been run: the stage's `pure`. */
  pure: boolean;
  /** Milliseconds on the engine's clock. */
  now(): number;
  /** Resolves at `time` on the engine's clock, without using a processor meanwhile. */
  until(time: number): Promise<void>;
  /**
   * A buffer of at least `bytes` for an output of the batch at hand, with anything in it, in memory that other
   * threads can read: what lies there need not be copied again.
   */
  allocate(bytes: number): ArrayBufferLike;
}

export const devices = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'directml', 'coreml'] as const;
export type Device = (typeof devices)[number];

/**
 * Devices whose replicas share one thread of the process and take turns: two threads that use WebGPU at the same time
 * crash it.
 */
export const devicesInTurns: ReadonlySet<Device> = new Set(['webgpu']);

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a stage can run. `Params` are the stage's `params`, validated against `params` and with paths resolved. */
export interface Operator<Params = never> {
  description: string;
  /**
   * JSON Schema of the parameters: an object that closes itself to others. A string property with
   * `format: 'file'` is a path beside the pipeline or `npm:PACKAGE/PATH`, and reaches the operator resolved.
   */
  params?: JsonSchema;
  /** Ports, or how they follow from the parameters. Must not start anything. */
  ports: Ports | ((params: Params) => Ports | Promise<Ports>);
  /** `light`: takes well under a hop between threads or a model's time, so it is fused with a neighbour. */
  cost?: 'light' | 'heavy';
  /** Starts the operator on a replica; loads models and native code here and not before. */
  create(params: Params, site: Site): Runner | Promise<Runner>;
}
