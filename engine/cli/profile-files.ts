/** `--profile`, read into the profiles of a pipeline. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '../../operators/index.ts';
import {
  hasErrors,
  maxJsonLength,
  PipelineError,
  readTextFile,
  renderDiagnostic,
  type Diagnostic,
  type Hardware,
  type Pipeline,
} from '../../pipelines/index.ts';
import {
  checkCoverage,
  hardwareOf,
  parseProfile,
  type Profile,
  type ProfileFile,
} from '../../planner/index.ts';
import { say, UsageError, type Arguments } from './command.ts';

const suffix = '.profile.json';

export interface Profiles {
  /** One of each hardware type; together they have every stage. */
  profiles: Profile[];
  /** What was given, or what the names of the profiles' hardware say. */
  hardware: Hardware;
  /** Said already. */
  warnings: Diagnostic[];
}

/**
 * Reads the profiles asked for, and says what is odd about them.
 *
 * @param hardware what a hardware file says there is
 * @throws UsageError if none is asked for; PipelineError for files with mistakes; MillraceError `not-found` for one
 *   that is not there, `invalid-pipeline` where they are not enough
 */
export async function readProfiles(
  args: Arguments,
  pipeline: Pipeline,
  hardware?: Hardware,
): Promise<Profiles> {
  const given = (args.values['profile'] as string[] | undefined) ?? [];
  if (given.length === 0) throw new UsageError('--profile FILE is missing; `millrace profile` makes one');
  const files: ProfileFile[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of await profilePaths(given)) {
    const { text, file } = await readTextFile(path, 'profile', maxJsonLength);
    const parsed = parseProfile(text, file, pipeline, hardware?.types);
    diagnostics.push(...parsed.diagnostics);
    if (parsed.profile) files.push({ profile: parsed.profile, file: path });
  }
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  for (const warning of warnings) say(`${renderDiagnostic(warning)}\n`);
  if (hasErrors(diagnostics)) throw new PipelineError(diagnostics);
  checkCoverage(pipeline, files);
  const profiles = files.map(({ profile }) => profile);
  return { profiles, hardware: hardware ?? hardwareOf(files), warnings };
}

/** Each file once; of a folder the profiles in it, by name. */
export async function profilePaths(given: readonly string[]): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const path of given) {
    const found = await stat(path).catch(() => null);
    const names = found?.isDirectory() ? await readdir(path) : undefined;
    const within = names
      ?.filter(name => name.endsWith(suffix))
      .toSorted()
      .map(name => join(path, name));
    if (within?.length === 0) throw new MillraceError('not-found', `folder ${path} holds no *${suffix}`);
    for (const each of within ?? [path]) if (!paths.has(resolve(each))) paths.set(resolve(each), each);
  }
  return [...paths.values()];
}
