import { nearest, pointer, type Pipeline, type SourceFile } from '../../pipelines/index.ts';
import type { Profile } from './profile.ts';

/** Checks that a profile is of this pipeline, of stages that it has, and of hardware that there is. */
export function checkNames(
  { pipeline: name, hardware, stages }: Profile,
  source: SourceFile,
  pipeline: Pipeline | undefined,
  types: Readonly<Record<string, unknown>> | undefined,
): void {
  if (types && !Object.hasOwn(types, hardware)) {
    const names = Object.keys(types);
    const message = `the hardware file has no type "${hardware}"; it has ${names.join(', ')}`;
    source.mistake('unknown-hardware', source.spanOf('/hardware'), message, nearest(hardware, names));
  }
  if (!pipeline) return;
  if (name !== pipeline.name) {
    const message = `the profile is of pipeline "${name}", not "${pipeline.name}"`;
    source.mistake('wrong-pipeline', source.spanOf('/pipeline'), message);
    return;
  }
  const known = pipeline.stages.map(({ name }) => name);
  for (const stage of Object.keys(stages)) {
    if (known.includes(stage)) continue;
    const at = source.keyOf(pointer('stages', stage));
    source.mistake('unknown-stage', at, `the pipeline has no stage "${stage}"`, nearest(stage, known));
  }
}

/** Warns where stages have samples of different numbers of queries, which then can't be of the same queries. */
export function checkSampleCounts({ stages }: Profile, source: SourceFile): void {
  const sampled = Object.entries(stages).filter(([, { scale }]) => scale.samples.length > 0);
  const [first] = sampled;
  for (const [stage, { scale }] of sampled) {
    const { length } = first![1].scale.samples;
    if (scale.samples.length === length) continue;
    const message = `stage "${stage}" has samples of ${scale.samples.length} queries and "${first![0]}" of ${length}: they can't be of the same queries`;
    source.mistake('odd-samples', source.keyOf(pointer('stages', stage, 'scale', 'samples')), message);
  }
}
