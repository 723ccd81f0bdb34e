/** `--trace`: a CSV of arrivals, or a recording. */
import { createHash } from 'node:crypto';
import { PipelineError, readTextFile } from '../../pipelines/index.ts';
import {
  arrivalsOf,
  maxTraceLength,
  parseTrace,
  type Recording,
  type RecordingOptions,
} from '../../planner/index.ts';
import { isRecording, readRecording } from '../recording/read-recording.ts';
import { say } from './command.ts';

export interface Trace {
  /** Milliseconds, ascending; two at different times at least. */
  arrivals: Float64Array;
  sha256: string;
  /** Undefined: it is a CSV. */
  recording?: Recording;
}

/**
 * Reads a trace, and says what is odd about it.
 * @param options what of a recording is wanted
 * @throws PipelineError for one with mistakes; MillraceError `not-found` if there is none
 */
export async function readTrace(path: string, options: RecordingOptions): Promise<Trace> {
  if (await isRecording(path)) {
    const recording = await readRecording(path, options);
    const { dropped, torn, sha256 } = recording;
    if (dropped > 0) say(`warning: ${path} lacks ${dropped} queries: the disk did not keep up with them`);
    if (torn) say(`warning: ${path} breaks off within its last line, which is left out`);
    return { arrivals: arrivalsOf(recording), sha256, recording };
  }
  const { text, file } = await readTextFile(path, 'trace', maxTraceLength);
  const { arrivals, diagnostics } = parseTrace(text, file);
  if (!arrivals) throw new PipelineError(diagnostics);
  return { arrivals, sha256: createHash('sha256').update(text).digest('hex') };
}
