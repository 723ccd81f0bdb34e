/** What was measured of a pipeline's stages on one hardware type. */
import type { BatchTimes } from '../../operators/index.ts';

/** Items a stage gets per query. */
export interface Scale {
  mean: number;
  /** Items of each observed query, in the order observed; empty where only the mean is known. */
  samples: readonly number[];
}

export interface StageProfile {
  scale: Scale;
  /** In ascending order of batch size; at least one. */
  batches: readonly BatchTimes[];
  /** Resident bytes a replica of this stage alone adds. */
  memory?: number;
}

/** What the engine itself costs, in milliseconds. */
export interface EngineCost {
  /** Main-thread time per query. */
  query: number;
  /** Main-thread time per batch: handing it to a replica and taking its results in. */
  hop: number;
  /** What a batch costs its replica beside its stages: messages between threads, timers that overshoot. */
  wake: number;
}

export interface Profile {
  /** Name of the pipeline. */
  pipeline: string;
  /** Name of the hardware type. */
  hardware: string;
  /** Facts of the machine it was measured on: `cpu`, `cores`, `node`, `onnxruntime`, … */
  host: Readonly<Record<string, string | number>>;
  engine: EngineCost;
  /** Stages this hardware can run, by name. */
  stages: Readonly<Record<string, StageProfile>>;
}
