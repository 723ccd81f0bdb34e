/** The pipelines that ship: their samples and what these should give. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { root } from './millrace.ts';

/** Path of a file of a shipped pipeline. */
export function shipped(...path: string[]): string {
  return join(root, 'pipelines', ...path);
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** File names of a pipeline's samples, without the JSON that describes them. */
export function samplesOf(pipeline: string): string[] {
  return readdirSync(shipped(pipeline, 'samples'))
    .filter(name => !name.endsWith('.json'))
    .sort();
}

/** What `outputs` should be for a sample. */
export function goldenOf<T>(pipeline: string, sample: string): T {
  return readJson(shipped(pipeline, 'golden', `${basename(sample, extname(sample))}.json`));
}

/** The largest difference between two lists of numbers. @throws RangeError if one is longer */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers beside ${b.length}`);
  return Math.max(0, ...a.map((value, index) => Math.abs(value - b[index]!)));
}
