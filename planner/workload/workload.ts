/** What arrives: a gamma process, or a trace. */
import type { Recording } from './recording.ts';

/** Independent gaps of a gamma distribution: a Poisson process where `cv` is 1, evenly spaced where it is 0. */
export interface GammaWorkload {
  kind: 'gamma';
  /** Queries per second. */
  rate: number;
  /** Coefficient of variation of the gaps. */
  cv: number;
  /** Queries of each seed. */
  queries: number;
  /** How many samples are drawn: seeds 1, 2, … */
  seeds: number;
}

/** Arrivals that were observed; seeds draw service times and fan-out only. */
export interface TraceWorkload {
  kind: 'trace';
  /** The file, as it was named. */
  file: string;
  sha256: string;
  /** Milliseconds since the trace's start, ascending, after rescaling. */
  arrivals: Float64Array;
  /** Queries per second after rescaling. */
  rate: number;
  seeds: number;
  /** The queries that arrive, where they were recorded; their own times are as recorded. */
  recording?: Recording;
}

export type Workload = GammaWorkload | TraceWorkload;

/** Arrivals of one seed. */
export interface Sample {
  seed: number;
  /** Milliseconds, ascending. */
  arrivals: Float64Array;
  /** Where several pipelines are simulated side by side: which each query is of. */
  parts?: Uint8Array;
}
