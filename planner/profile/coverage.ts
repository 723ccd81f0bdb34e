/** Whether some profiles are enough to plan a pipeline with. */
import { MillraceError } from '../../operators/index.ts';
import { builtinHardware, type Hardware, type HardwareType, type Pipeline } from '../../pipelines/index.ts';
import type { Profile } from './profile.ts';

/** A profile, and the file it was read from. */
export interface ProfileFile {
  profile: Profile;
  file: string;
}

/**
 * Checks that there is one profile of each hardware type, and that every stage is in one of them. Everything that is
 * wrong is in the message, a line each.
 *
 * @throws MillraceError `invalid-pipeline`
 */
export function checkCoverage(pipeline: Pipeline, files: readonly ProfileFile[]): void {
  fail([...repeated(files), ...uncovered(pipeline, files)]);
}

/**
 * The hardware that profiles name, where no file says what it is: that of names such as cpu and cpu-2, without prices
 * and without limits.
 *
 * @throws MillraceError `invalid-pipeline` for a name that says nothing
 */
export function hardwareOf(files: readonly ProfileFile[]): Hardware {
  const types: Record<string, HardwareType> = {};
  const mistakes: string[] = [];
  for (const { file, profile } of files) {
    const type = builtinHardware(profile.hardware);
    if (type) types[profile.hardware] = type;
    else {
      mistakes.push(
        `${file}: nothing says what hardware "${profile.hardware}" is; name a hardware file that has it as a type`,
      );
    }
  }
  fail(mistakes);
  return { types, limits: {}, hosts: {} };
}

function repeated(files: readonly ProfileFile[]): string[] {
  const first = new Map<string, string>();
  return files.flatMap(({ profile: { hardware }, file }) => {
    const other = first.get(hardware);
    if (other === undefined) first.set(hardware, file);
    return other === undefined
      ? []
      : [`${file}: ${other} is a profile of hardware "${hardware}" too; leave one out`];
  });
}

function uncovered({ stages }: Pipeline, files: readonly ProfileFile[]): string[] {
  const given = files.map(({ profile: { hardware }, file }) => `${hardware} (${file})`).join(', ');
  return stages
    .filter(({ name }) => !files.some(({ profile }) => Object.hasOwn(profile.stages, name)))
    .map(({ name }) => `no profile has stage "${name}"; there are profiles of ${given || 'nothing'}`);
}

function fail(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new MillraceError('invalid-pipeline', mistakes.join('\n'));
}
