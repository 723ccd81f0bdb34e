import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NewFile } from './write-new.ts';

/**
 * Copies of the files that weights were moved out to. A model names them by the name they have beside it; exporters
 * call them after the model, `FILE.onnx.data` or `FILE.onnx_data`, since that they must be found there.
 */
export async function externalData(model: string, folder: string): Promise<NewFile[]> {
  const named = basename(model);
  const stem = named.replace(/\.onnx$/, '');
  const names = await readdir(dirname(model));
  return names
    .filter(
      name =>
        name.endsWith('data') && [`${named}.`, `${named}_`, `${stem}.`].some(start => name.startsWith(start)),
    )
    .map(name => ({ path: join(folder, name), copyOf: join(dirname(model), name) }));
}
