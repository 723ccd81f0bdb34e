/** The options of `serve` that say when queries must be answered, and what is known of how long that takes. */
import { MillraceError } from '../../../operators/index.ts';
import {
  loadStructure,
  maxJsonLength,
  readTextFile,
  type BoundPipeline,
  type Hardware,
} from '../../../pipelines/index.ts';
import { makeSystem, type Profile, type System } from '../../../planner/index.ts';
import { textOption, UsageError, type Arguments, type Command } from '../command.ts';
import { profilePaths, readProfiles } from '../profile-files.ts';

export const deadlineOptions = {
  'deadline-factor': { type: 'string' },
  profile: { type: 'string', multiple: true },
} as const satisfies Command['options'];

export const deadlineHelp = `\
  --deadline-factor F     a query is given up after the limit of its pipeline's highest objective times this, unless it
                          brings a time of its own (default 1; "off": never). What can't be answered by then is refused
                          at once. Streams with state have no such limit: a piece left out would end them
  --profile FILE          service times that this is judged by, or a folder of *.profile.json; may be given several
                          times. Without, or until --plan auto has measured, they are learned from the queries
`;

/** Null: no limit. @throws UsageError */
export function readDeadlineFactor(args: Arguments): number | null {
  const text = textOption(args, 'deadline-factor');
  if (text === undefined) return 1;
  if (text === 'off') return null;
  const factor = text.trim() === '' ? NaN : Number(text);
  if (factor > 0 && factor < Infinity) return factor;
  throw new UsageError(`--deadline-factor takes a number above 0, or off, not "${text}"`);
}

/** Milliseconds a query has, for `EngineOptions`; nothing where there is no objective. */
export function deadlineOf(
  { slo }: Pick<BoundPipeline, 'slo'>,
  factor: number | null,
): { deadline?: number } {
  const highest = slo.at(-1);
  return highest && factor !== null ? { deadline: highest.limit * factor } : {};
}

/** What profiles say of a pipeline. */
export interface Measured {
  profiles: readonly Profile[];
  system: System;
}

/**
 * What the profiles asked for say, by name of the pipeline.
 *
 * @param hardware what a hardware file says there is
 * @throws UsageError for a profile of a pipeline that is not served; PipelineError or MillraceError for what is wrong
 *   with the files
 */
export async function readMeasured(
  args: Arguments,
  pipelines: readonly BoundPipeline[],
  hardware?: Hardware,
): Promise<ReadonlyMap<string, Measured>> {
  const given = (args.values['profile'] as string[] | undefined) ?? [];
  const byPipeline = new Map<string, string[]>();
  for (const path of given.length > 0 ? await profilePaths(given) : []) {
    const name = await pipelineOf(path);
    if (!pipelines.some(pipeline => pipeline.name === name))
      throw new UsageError(`${path} is a profile of "${name}", which is not served`);
    byPipeline.set(name, [...(byPipeline.get(name) ?? []), path]);
  }
  const measured = new Map<string, Measured>();
  for (const [name, paths] of byPipeline) {
    const { file } = pipelines.find(pipeline => pipeline.name === name)!;
    const structure = await loadStructure(file);
    const values = { ...args.values, profile: paths };
    const { profiles, hardware: types } = await readProfiles({ ...args, values }, structure, hardware);
    measured.set(name, { profiles, system: makeSystem(structure, profiles, types) });
  }
  return measured;
}

/** The pipeline a profile says it is of. @throws MillraceError `invalid-pipeline` if it says nothing */
async function pipelineOf(path: string): Promise<string> {
  const { text } = await readTextFile(path, 'profile', maxJsonLength);
  try {
    const { pipeline } = JSON.parse(text) as { pipeline?: unknown };
    if (typeof pipeline === 'string') return pipeline;
  } catch {
    // Said below.
  }
  throw new MillraceError('invalid-pipeline', `${path} is no profile: it names no pipeline`);
}
