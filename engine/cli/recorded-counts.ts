/** `--counts`: whose items per query a prediction goes by. */
import type { Pipeline } from '../../pipelines/index.ts';
import { countsOf, withCounts, type Profile, type Workload } from '../../planner/index.ts';
import { say, textOption, UsageError, type Arguments } from './command.ts';

/**
 * Profiles with the items per query that a recording has, where the trace is one; as they are, where there is none or
 * `--counts profile` says so.
 * @throws UsageError
 */
export function countedProfiles(
  args: Arguments,
  { stages }: Pipeline,
  workload: Workload,
  profiles: readonly Profile[],
): readonly Profile[] {
  const asked = textOption(args, 'counts');
  if (asked !== undefined && asked !== 'profile' && asked !== 'recording')
    throw new UsageError(`--counts takes profile or recording, not "${asked}"`);
  const recording = workload.kind === 'trace' ? workload.recording : undefined;
  if (!recording) {
    if (asked === 'recording') throw new UsageError('--counts recording takes a recording as --trace');
    return profiles;
  }
  if (asked === 'profile') return profiles;
  const counts = countsOf(recording);
  const lacking = stages.find(({ name }) => !counts?.has(name));
  if (counts && !lacking) return withCounts(profiles, counts);
  const why = lacking && counts ? `it knows no stage "${lacking.name}"` : 'none of its queries was answered';
  if (asked === 'recording') throw new UsageError(`--counts recording: ${why}`);
  say(
    `warning: ${workload.kind === 'trace' ? workload.file : ''}: ${why}; items per query are the profiles'`,
  );
  return profiles;
}
