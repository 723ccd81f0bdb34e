import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { answers, type Line } from './support/millrace.ts';
import { distance, goldenOf, readJson, samplesOf, shipped } from './support/pipelines.ts';
import { temporaryFolder } from './support/temporary.ts';

interface Outputs {
  labels: string[];
  indices: number[];
  scores: number[];
}

const samples = samplesOf('fashion');

/** The answers by sample, from the picture and from its raw pixels. */
const answered: Record<'picture' | 'pixels', Map<string, Outputs>> = {
  picture: new Map(),
  pixels: new Map(),
};

function bySample(lines: readonly Line[]): Map<string, Outputs> {
  return new Map(samples.map((sample, index) => [sample, lines[index]!.outputs as unknown as Outputs]));
}

beforeAll(async () => {
  answered.picture = bySample(
    await answers(['fashion', '--input', 'image=@pipelines/fashion/samples/*.png']),
  );
  const folder = temporaryFolder();
  for (const sample of samples) {
    const pixels = await sharp(shipped('fashion', 'samples', sample))
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    writeFileSync(join(folder, `${basename(sample, '.png')}.raw`), pixels);
  }
  const raw = ['pipelines/fashion/tensor.yaml', '--input', `pixels=@${folder}/*.raw`];
  answered.pixels = bySample(await answers(raw));
});

describe.each(['picture', 'pixels'] as const)('fashion, from a %s', given => {
  it.each(samples)('gives for %s what the model gave when it was trained', sample => {
    const { labels, indices, scores } = answered[given].get(sample)!;
    const golden = goldenOf<Outputs>('fashion', sample);
    expect([labels[0], indices[0]]).toEqual([golden.labels[0], golden.indices[0]]);
    expect(distance(scores, golden.scores)).toBeLessThan(1e-3);
  });
});

describe('fashion', () => {
  it('has two samples of each of the ten kinds, and names at least nine in ten rightly', () => {
    const labels = readJson<Record<string, { label: string }>>(shipped('fashion', 'samples', 'labels.json'));
    expect(Object.keys(labels).sort()).toEqual(samples);
    const kinds = Object.values(labels).map(({ label }) => label);
    expect([kinds.length, new Set(kinds).size]).toEqual([20, 10]);
    const right = samples.filter(sample => answered.picture.get(sample)!.labels[0] === labels[sample]!.label);
    expect(right.length).toBeGreaterThanOrEqual(18);
  });
});
