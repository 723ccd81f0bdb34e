/**
 * A recording: what arrived at a server, and what became of it. JSON Lines: a header, then a line for each query, in
 * the order in which they ended. A server that goes on with a file writes another header into it.
 */

/** Kind and version, the first key of every header. */
export const recordingVersion = 'recording/1';

/** Work that a query brought one stage on one hardware type. Times are milliseconds. */
export interface RecordedWork {
  stage: string;
  hardware: string;
  items: number;
  /** That its items waited in the queue, and that the batches took which they were in; summed over the items. */
  queue: number;
  service: number;
  /** Mean size of those batches. */
  batch: number;
}

/** A tensor in the binary form of the Open Inference Protocol. */
export interface RecordedInput {
  name: string;
  datatype: string;
  shape: readonly number[];
  base64: string;
}

export interface RecordedQuery {
  /** Milliseconds since the recording's start, by the query's last byte. */
  arrival: number;
  /** `ok`, or the code of the error it was answered with. */
  outcome: string;
  /** Milliseconds until it was answered. */
  latency: number;
  /** Milliseconds it gave itself, and its priority; absent where it said nothing. */
  timeout?: number;
  priority?: number;
  /** In no order; stages that ran nothing of it are absent. Of one that failed: what was done by then. */
  work: readonly RecordedWork[];
  /** Only if they were to be kept, and were not too large. */
  inputs?: readonly RecordedInput[];
}

/** A query as its line has it: with the pipeline, and its arrival in seconds since the header's `started`. */
export type RecordedLine = { pipeline: string } & RecordedQuery;

/** The first line. */
export interface RecordingHeader {
  millrace: typeof recordingVersion;
  /** When recording began; ISO 8601. */
  started: string;
  /** By name: all stages there are, whether they run or not. */
  pipelines: Readonly<Record<string, { stages: readonly string[] }>>;
}

/** One pipeline's part of a recording. */
export interface Recording {
  pipeline: string;
  stages: readonly string[];
  /** By arrival. Of a file with several headers the time between servers is left out. */
  queries: readonly RecordedQuery[];
  /** Queries of all pipelines that are not in it, since the disk did not keep up. */
  dropped: number;
  /** Whether its last line breaks off: the server was killed while it wrote. */
  torn: boolean;
}
