/** What is around the place where something is scaffolded. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** A folder and all that it lies in, the innermost first. */
function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

/** The relative path from a folder to a file, as a pipeline file has it on any system. */
export function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file).split(sep).join('/');
  return path.startsWith('../') ? path : `./${path}`;
}

/** The extension that makes a file an ECMAScript module: `npm init` may have made all `.js` files CommonJS. */
export function moduleExtension(folder: string): '.js' | '.mjs' {
  const file = upwards(resolve(folder))
    .map(path => join(path, 'package.json'))
    .find(path => existsSync(path));
  if (!file) return '.js';
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown } | null)?.type === 'commonjs'
      ? '.mjs'
      : '.js';
  } catch {
    return '.js';
  }
}

/** The installed schema of pipeline files, for editors; null where Millrace is not installed around `folder`. */
export function installedSchema(folder: string): string | null {
  const file = upwards(resolve(folder))
    .map(path => join(path, 'node_modules/millrace/pipelines/pipeline.schema.json'))
    .find(path => existsSync(path));
  return file ? pathFrom(resolve(folder), file) : null;
}
