/** The options of `serve` that have it supervised. */
import { formatDuration } from '../../../operators/index.ts';
import { durationOption, textOption, UsageError, type Arguments, type Command } from '../command.ts';
import { tooOften } from './restarts.ts';
import { beat } from './supervised.ts';

const usualPatience = 10_000;

export const superviseOptions = {
  supervise: { type: 'boolean' },
  'hang-timeout': { type: 'string' },
} as const satisfies Command['options'];

export const superviseHelp = `\
  --supervise             run the server as a process of its own, and start it again when it breaks down, on the same
                          port; with the ${tooOften.ends}th time within ${formatDuration(tooOften.within)} it is given up. Clients of millrace/client resume
  --hang-timeout T        a supervised server is killed that does nothing for so long, once it answers queries (default
                          "${formatDuration(usualPatience)}"; "0 s": never); while it starts it has a minute
`;

/** Milliseconds without a sign of life after which the server is killed; null: it is not to be supervised. @throws UsageError */
export function readPatience(args: Arguments): number | null {
  const patience = durationOption(args, 'hang-timeout', usualPatience);
  if (args.values['supervise'] === true) {
    if (patience === 0 || patience >= 2 * beat) return patience;
    throw new UsageError(`--hang-timeout takes at least "${formatDuration(2 * beat)}", or "0 s"`);
  }
  if (textOption(args, 'hang-timeout') !== undefined)
    throw new UsageError('--hang-timeout goes with --supervise');
  return null;
}
