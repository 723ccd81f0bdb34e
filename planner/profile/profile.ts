/** What was measured of a pipeline's stages on one hardware type. */
import type { BatchTimes, Quantile } from '../../operators/index.ts';

/** Items a stage gets per query. */
export interface Scale {
  mean: number;
  /** Items of each observed query, in the order observed; empty where only the mean is known. */
  samples: readonly number[];
  /** Whether the first query that arrives has the first sample, and so on; otherwise they begin with any. */
  ofArrivals?: boolean;
}

/** How much longer a batch takes on a replica that has waited so long for it. All in milliseconds. */
export interface Rested {
  rest: number;
  /** Longer for the stage, and beside it. */
  time: number;
  wake: number;
}

export interface StageProfile {
  scale: Scale;
  /** In ascending order of batch size; at least one. */
  batches: readonly BatchTimes[];
  /** Milliseconds a batch of this stage alone costs its replica beside the stage; the engine's `wake` if not known. */
  wake?: number;
  /**
   * Milliseconds that a batch takes longer among the pipeline's other stages than alone, at each of these quantiles; below
   * 0 where it is shorter. In ascending order of percentage; none if not known.
   */
  interference?: readonly Quantile[];
  /**
   * Milliseconds that a batch of one takes longer while the processor's other cores are all busy than while none is, at
   * each of these quantiles, in ascending order of percentage. Where that is known, `threads` does not count.
   */
  crowded?: readonly Quantile[];
  /** In ascending order of the rest, with times that never fall; by itself none costs anything. */
  rested?: readonly Rested[];
  /** Processor threads that a batch keeps busy; those of the hardware type if not known. */
  threads?: number;
  /** Resident bytes a replica of this stage alone adds. */
  memory?: number;
}

/** Moments in which the machine does not go on with a thread, though nothing else there has anything to do. */
export interface Stalls {
  /** Mean time between two, in milliseconds. */
  every: number;
  /** How long they are. */
  quantiles: readonly Quantile[];
}

/** Collections of the main thread's garbage. */
export interface Collections {
  /** Queries between two. */
  queries: number;
  /** Milliseconds that one takes. */
  time: number;
}

/** What the engine itself costs, in milliseconds. */
export interface EngineCost {
  /** Main-thread time per query. */
  query: number;
  /** Main-thread time per batch: handing it to a replica and taking its results in. */
  hop: number;
  /** Main-thread time per item of a batch, beside the batch's own; 0 if not known. */
  item?: number;
  /**
   * What a batch costs its replica beside its stages, where they have no `wake` of their own: messages between threads,
   * timers that overshoot.
   */
  wake: number;
  /** What holds the main thread up; nothing if not known. */
  stalls?: Stalls;
  collections?: Collections;
}

/** What holds a main thread up that several engines' costs are known of: the most frequent of either kind. */
export function pausesOf(
  engines: readonly { stalls?: Stalls | undefined; collections?: Collections | undefined }[],
): Pick<EngineCost, 'stalls' | 'collections'> {
  const [stalls] = engines.flatMap(({ stalls }) => stalls ?? []).toSorted((a, b) => a.every - b.every);
  const [collections] = engines
    .flatMap(({ collections }) => collections ?? [])
    .toSorted((a, b) => a.queries - b.queries);
  return { ...(stalls && { stalls }), ...(collections && { collections }) };
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
