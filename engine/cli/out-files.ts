import { resolve } from 'node:path';
import { UsageError } from './command.ts';
import { WholeFile } from './whole-file.ts';

/**
 * Files that a command writes at its end. They are opened before its work, which may take long: a path that is no good
 * is known at once. A file that is not finished when the work ends, well or not, leaves nothing.
 *
 * @param paths by the name of the option; undefined where it is not given
 * @throws UsageError for a path that two options have; MillraceError `not-found` where no such file can be written
 */
export async function withOutFiles<Name extends string, T>(
  paths: Readonly<Record<Name, string | undefined>>,
  work: (files: Readonly<Partial<Record<Name, WholeFile>>>) => Promise<T>,
): Promise<T> {
  const files: Partial<Record<Name, WholeFile>> = {};
  const taken = new Map<string, string>();
  try {
    for (const [name, path] of Object.entries(paths) as [Name, string | undefined][]) {
      if (path === undefined) continue;
      const other = taken.get(resolve(path));
      if (other !== undefined) throw new UsageError(`--${other} and --${name} are the same file, ${path}`);
      taken.set(resolve(path), name);
      files[name] = await WholeFile.open(path);
    }
    return await work(files);
  } finally {
    // Of a file that is finished, this does nothing.
    for (const file of Object.values(files) as WholeFile[]) await file.abandon();
  }
}
