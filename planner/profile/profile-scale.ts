/** Items per query of a stage in a profile's file. */
import { pointer, type SourceFile } from '../../pipelines/index.ts';
import { maxCount } from './profile-schema.ts';
import type { Scale } from './profile.ts';

/** A scale as the file has it, once that fits the schema. */
export interface FileScale {
  mean?: number;
  samples?: readonly unknown[];
}

/** Share by which a mean and its samples' may differ before that is worth a word. */
const tolerance = 0.01;

/** Bad samples that are shown one by one. */
const shownSamples = 3;

/** Reads the scale of the stage of that name. After a mistake, which goes to `source`, what is returned is of no use. */
export function readScale(source: SourceFile, stage: string, { mean, samples = [] }: FileScale): Scale {
  const at = pointer('stages', stage, 'scale');
  if (samples.length === 0) {
    if (mean === undefined) {
      source.mistake(
        'missing-key',
        source.keyOf(at),
        `the scale of stage "${stage}" has no "mean" and no "samples"`,
      );
    }
    return { mean: mean ?? 0, samples: [] };
  }
  const counts = samples.filter(isCount);
  const wrong = samples.flatMap((sample, index) => (isCount(sample) ? [] : [index]));
  for (const [nth, index] of wrong.slice(0, shownSamples).entries()) {
    const more = nth === shownSamples - 1 && wrong.length > shownSamples;
    const message = `a sample must be a whole number of items, from 0 to ${maxCount}${more ? `; so must ${wrong.length - shownSamples} more` : ''}`;
    source.mistake('bad-samples', source.spanOf(`${at}/samples/${index}`), message);
  }
  const sampled = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (
    wrong.length === 0 &&
    mean !== undefined &&
    Math.abs(mean - sampled) > tolerance * Math.max(mean, sampled)
  ) {
    const message = `stage "${stage}" has ${Number(sampled.toPrecision(4))} items per query by its samples, which are what is drawn, not ${mean}`;
    source.mistake('odd-samples', source.spanOf(`${at}/mean`), message);
  }
  return { mean: sampled, samples: counts };
}

function isCount(sample: unknown): sample is number {
  return Number.isInteger(sample) && (sample as number) >= 0 && (sample as number) <= maxCount;
}
