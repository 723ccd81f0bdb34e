import { availableParallelism } from 'node:os';
import type { BoundPipeline } from '../../../pipelines/index.ts';
import { writeProfile, type Profile } from '../../../planner/index.ts';
import { identityOf } from '../../profiler/identity.ts';
import { nothingMeasured } from '../../profiler/measurements.ts';
import { profilePipeline } from '../../profiler/profile-pipeline.ts';
import { say } from '../command.ts';
import type { QueryInputs } from '../query-inputs.ts';
import { WholeFile, writeWhole } from '../whole-file.ts';
import { isTooWide, type NamedHardware } from './hardware.ts';
import { whenInterrupted } from './interruption.ts';
import { PartialFile } from './partial-file.ts';
import { ProgressBar } from './progress-bar.ts';

/** What every hardware type is profiled with. */
export interface Settings {
  pipeline: BoundPipeline;
  samples: readonly QueryInputs[];
  /** Milliseconds. */
  budget: number;
  maxBatch: number;
  /** Most of a batch size; undefined: as many as are useful. */
  repetitions: number | undefined;
  restart: boolean;
  json: boolean;
}

/** Profiles one hardware type into a file. Null if the budget was too small, which has been said then. */
export async function profileInto(
  out: string,
  hardware: NamedHardware,
  settings: Settings,
): Promise<Profile | null> {
  const { pipeline, samples, restart, json, ...limits } = settings;
  // Before anything is measured, which takes long: a path that is no good is known at once.
  await (await WholeFile.open(out)).abandon();
  const partial = new PartialFile(out, identityOf(pipeline, hardware, samples));
  const known = restart ? nothingMeasured : await partial.read();
  const bar = new ProgressBar(json);
  let kept = known !== nothingMeasured;
  if (kept) say(`going on with ${partial.path}; --restart begins anew`);
  if (isTooWide(hardware)) {
    say(`warning: ${hardware.name} has ${hardware.threads} threads, this machine ${availableParallelism()}`);
  }
  const stopListening = whenInterrupted(() => {
    bar.clear();
    if (kept) say(`\ninterrupted: ${partial.path} has what was measured; run it again to go on`);
  });
  try {
    const { profile, notes } = await profilePipeline(pipeline, samples, {
      ...limits,
      hardware,
      known,
      keep: async measurements => {
        await partial.write(measurements);
        kept = true;
      },
      progress: progress => bar.show(progress),
    });
    bar.clear();
    for (const note of notes) say(`warning: ${note}`);
    if (!profile) {
      say(`millrace: the budget is spent; ${partial.path} has what was measured: run it again to go on`);
      return null;
    }
    await writeWhole(out, writeProfile(profile));
    await partial.remove();
    return profile;
  } finally {
    bar.clear();
    stopListening();
  }
}
