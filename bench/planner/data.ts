/** Published data, which is not part of the project: benches that use it skip without it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The variable that says in which folder the data is. */
export const dataVariable = 'MILLRACE_DATA';

/** A folder of the data; undefined if it is not there. */
export function dataFolder(name: string): string | undefined {
  const folder = process.env[dataVariable];
  const path = folder && join(folder, name);
  return path && existsSync(path) ? path : undefined;
}
