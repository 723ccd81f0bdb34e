/** What `serve` says once it listens. */
import { readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import type { BoundPipeline } from '../../../pipelines/index.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.wav': 'audio/wav',
  '.txt': 'text/plain',
};

/** The last file, by name, of the folder `samples` beside the pipeline that can be its input as it is. */
function sampleOf({ directory, inputs }: BoundPipeline): { path: string; type: string } | null {
  const types = Object.values(inputs);
  if (types.length !== 1 || types[0]!.datatype !== 'BYTES') return null;
  try {
    const folder = join(directory, 'samples');
    const name = readdirSync(folder)
      .toSorted()
      .findLast(file => extname(file) in mediaTypes);
    if (name === undefined) return null;
    return { path: relative('', join(folder, name)), type: mediaTypes[extname(name)]! };
  } catch {
    return null;
  }
}

/** Three commands to try. */
export function commandsToTry(url: string, pipelines: readonly BoundPipeline[]): string[] {
  const insecure = url.startsWith('https:') ? ' --insecure' : '';
  const infers = pipelines.flatMap(pipeline => {
    const sample = sampleOf(pipeline);
    if (!sample) return [];
    const body = `-H 'content-type: ${sample.type}' --data-binary @${sample.path}`;
    return [`curl${insecure} ${url}/v2/models/${pipeline.name}/infer ${body}`];
  });
  const others = [
    ...pipelines.map(({ name }) => `curl${insecure} ${url}/v2/models/${name}`),
    `curl${insecure} ${url}/v2/health/ready`,
    `curl${insecure} -X POST ${url}/v2/repository/index`,
  ];
  return [...infers, ...others].slice(0, 3);
}
