/** Inputs of a model as its pipeline prepares them from the sample pictures. */
import { readFile, readdir } from 'node:fs/promises';
import { Engine, isList, loadPipeline } from '../../engine/index.ts';
import { projectFile } from '../bench.ts';

export interface Prepared {
  shape: readonly number[];
  data: Float32Array;
}

/**
 * Runs a shipped pipeline on its sample pictures.
 * @param port STAGE.PORT of the value that the model takes
 */
export async function prepareInputs(name: string, port: string): Promise<Prepared[]> {
  const folder = projectFile(`pipelines/${name}/`);
  const files = (await readdir(`${folder}samples`)).filter(file => !file.endsWith('.json')).sort();
  const engine = await Engine.start(await loadPipeline(folder), { show: [port] });
  const prepared: Prepared[] = [];
  for (const file of files) {
    const { shown } = await engine.infer({ image: await readFile(`${folder}samples/${file}`) });
    const value = shown[port] ?? [];
    for (const { shape, data } of isList(value) ? value : [value]) {
      prepared.push({ shape, data: Float32Array.from(data as Float32Array) });
    }
  }
  await engine.close();
  return prepared;
}

/** `items` again and again until their number is a multiple of `batch`, so that a pass is made of whole batches. */
export function repeatToBatches<T>(items: readonly T[], batch: number): T[] {
  const repeated = [...items];
  while (repeated.length % batch !== 0) repeated.push(...items);
  return repeated;
}
