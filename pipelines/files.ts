import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from './suggest.ts';

/** A file that was found, or why it was not. */
export type FoundFile = { path: string } | { message: string; suggestion?: string };

const inPackage = /^npm:((?:@[^/]+\/)?[^@/][^/]*)\/(.+)$/;

/**
 * The absolute path of a file named in a pipeline: a path beside the pipeline, or `npm:PACKAGE/PATH` of a package
 * installed for the pipeline or for Millrace. A package's `exports` do not matter.
 */
export function findFile(reference: string, directory: string): FoundFile {
  if (reference.startsWith('npm:')) return findInPackage(reference, directory);
  const path = resolve(directory, reference);
  if (existsSync(path)) return { path };
  return { message: `there is no file ${path}`, ...suggestion(reference, path) };
}

function findInPackage(reference: string, directory: string): FoundFile {
  const [, name, inside] = inPackage.exec(reference) ?? [];
  if (name === undefined || inside === undefined)
    return { message: 'a file of a package is npm:PACKAGE/PATH' };
  let missing: string | undefined;
  for (const folder of [...upwards(directory), ...upwards(dirname(fileURLToPath(import.meta.url)))]) {
    const home = join(folder, 'node_modules', name);
    if (!existsSync(home)) continue;
    const path = join(home, inside);
    if (existsSync(path)) return { path };
    missing ??= path;
  }
  if (missing === undefined)
    return { message: `package "${name}" is not installed; try npm install ${name}` };
  return { message: `package "${name}" has no file ${inside}`, ...suggestion(reference, missing) };
}

/** A folder and all that it lies in. */
function upwards(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...upwards(parent)];
}

/** The reference with the nearest name that is in the same folder. */
function suggestion(reference: string, path: string): { suggestion?: string } {
  const folder = dirname(path);
  if (!existsSync(folder)) return {};
  const near = nearest(basename(path), readdirSync(folder));
  return near === undefined ? {} : { suggestion: reference.slice(0, -basename(path).length) + near };
}
