/** What a profiler has measured so far: plain data, kept between its runs. */
import type { BatchTimes } from '../../operators/index.ts';
import type { EngineCost, Rested } from '../../planner/index.ts';
import type { InPlace } from './in-place.ts';

export interface StageMeasurements {
  /** Resident bytes a replica adds. */
  memory: number;
  /** Milliseconds a batch of one takes beside the stage, less the main thread's; absent until it was measured. */
  wake?: number;
  /** How much longer batches take on a replica that has waited, as of a `StageProfile`. */
  rested?: readonly Rested[];
  /** Processor threads that a batch keeps busy; absent where that can't be measured. */
  threads?: number;
  /** In ascending order of batch size. */
  batches: readonly BatchTimes[];
  /** No larger batch is worth measuring, or none can be run. */
  finished: boolean;
}

export interface Measurements {
  /** Null until it was measured. */
  engine: EngineCost | null;
  /** Of the pipeline as a whole; null until it was measured, and where it can't be. */
  inPlace: InPlace | null;
  /** By name; a stage that was not looked at yet is absent. */
  stages: Readonly<Record<string, StageMeasurements>>;
}

export const nothingMeasured: Measurements = { engine: null, inPlace: null, stages: {} };

/** Kind and version, the first key of the text. */
const version = 'measurements/5';

/**
 * Measurements as text, to go on from later.
 * @param identity of what is measured, as `identityOf` gives it
 */
export function writeMeasurements(measurements: Measurements, identity: string): string {
  return `${JSON.stringify({ millrace: version, identity, ...measurements })}\n`;
}

/** Measurements from text; null if it is of something else, or none at all. */
export function readMeasurements(text: string, identity: string): Measurements | null {
  let file: Partial<Measurements> & { millrace?: unknown; identity?: unknown };
  try {
    file = JSON.parse(text) as typeof file;
  } catch {
    return null;
  }
  if (file?.millrace !== version || file.identity !== identity || !file.stages) return null;
  return { engine: file.engine ?? null, inPlace: file.inPlace ?? null, stages: file.stages };
}
