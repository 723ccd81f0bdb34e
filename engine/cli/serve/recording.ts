/** The options of `serve` that have it write down what arrives. */
import { formatSize } from '../../../operators/index.ts';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { RecordingFile } from '../../recording/recording-file.ts';
import type { Log } from '../../runtime/log.ts';
import { TrafficRecorder } from '../../server/observe/traffic-recorder.ts';
import { sizeOption, textOption, UsageError, type Arguments, type Command } from '../command.ts';

const usual = { limit: 256 * 1024 ** 2, inputs: 1024 ** 2 };

export const recordOptions = {
  record: { type: 'string' },
  'record-limit': { type: 'string' },
  'record-payloads': { type: 'boolean' },
  'record-payload-limit': { type: 'string' },
} as const satisfies Command['options'];

export const recordHelp = `\
  --record FILE           write down when queries come, which stages run, how long that takes and what becomes of them,
                          as lines of JSON that --trace of other commands takes; goes on with a recording that is there
  --record-limit SIZE     size of the file at which recording ends (default "${formatSize(usual.limit)}")
  --record-payloads       the queries' inputs too
  --record-payload-limit SIZE
                          of one query: inputs that are larger are left out (default "${formatSize(usual.inputs)}")
`;

/**
 * Opens the recording that is asked for; null: none is.
 * @throws UsageError; MillraceError `not-found` or `unavailable` if nothing can be recorded there
 */
export function openRecording(
  args: Arguments,
  pipelines: readonly BoundPipeline[],
  log: Log,
): TrafficRecorder | null {
  const path = textOption(args, 'record');
  const limit = sizeOption(args, 'record-limit', usual.limit);
  const inputs = sizeOption(args, 'record-payload-limit', usual.inputs);
  const keepsInputs = args.values['record-payloads'] === true;
  if (textOption(args, 'record-payload-limit') !== undefined && !keepsInputs)
    throw new UsageError('--record-payload-limit goes with --record-payloads');
  if (path === undefined) {
    const lone = Object.keys(recordOptions).find(name => args.values[name] !== undefined);
    if (lone !== undefined) throw new UsageError(`--${lone} goes with --record`);
    return null;
  }
  const named = pipelines.map(({ name, stages }) => [name, { stages: stages.map(stage => stage.name) }]);
  const file = RecordingFile.open(path, { pipelines: Object.fromEntries(named), limit, log });
  return new TrafficRecorder(file, { inputs: keepsInputs ? inputs : null });
}
