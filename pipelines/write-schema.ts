/** Writes `pipelines/pipeline.schema.json`: run by the build, from `dist/pipelines/`. */
import { writeFile } from 'node:fs/promises';
import { builtinOperators } from '../operators/index.ts';
import { pipelineJsonSchema } from './json-schema.ts';

const loaded = await Promise.all(
  Object.entries(builtinOperators).map(async ([name, load]) => [name, await load()] as const),
);
const target = new URL('../../pipelines/pipeline.schema.json', import.meta.url);
await writeFile(target, `${JSON.stringify(pipelineJsonSchema(Object.fromEntries(loaded)), null, 2)}\n`);
