import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A path as given; or, where nothing is there, the shipped pipeline of that name. */
export function resolvePipeline(path: string): string {
  if (existsSync(path) || !/^[a-z0-9-]+$/.test(path)) return path;
  const shipped = fileURLToPath(new URL(`../../../pipelines/${path}/`, import.meta.url));
  return existsSync(shipped) ? shipped : path;
}
