import type { BoundPipeline, BoundStage } from '../../pipelines/index.ts';
import type { Profile, StageProfile } from '../../planner/index.ts';
import { crowdedTimes } from './crowded-times.ts';
import { hostFacts } from './host.ts';
import { inUse } from './in-use.ts';
import type { Measurements } from './measurements.ts';
import type { Recording } from './recording.ts';

/**
 * Puts what was measured together as a profile of this machine, stages in the pipeline's order.
 * @param measured the stages it is of, each with at least one batch size
 */
export function assemble(
  pipeline: BoundPipeline,
  hardware: string,
  measured: readonly BoundStage[],
  recording: Recording,
  { engine, inPlace, stages }: Measurements,
): Profile {
  const whole = new Map(inPlace?.groups.flatMap(group => [...inUse(group, stages, inPlace.costs)]));
  const crowded = crowdedTimes(inPlace);
  const profiles = pipeline.stages
    .filter(stage => measured.includes(stage))
    .map(({ name }): [string, StageProfile] => {
      const { batches, wake, rested = [], threads, memory } = stages[name]!;
      const { samples } = recording.stages.get(name)!;
      const mean = samples.reduce((sum, items) => sum + items, 0) / samples.length;
      return [
        name,
        {
          scale: { mean, samples },
          batches,
          ...(wake !== undefined && { wake }),
          ...(rested.length > 0 && { rested }),
          ...whole.get(name),
          ...(crowded.has(name) && { crowded: crowded.get(name)! }),
          ...(threads !== undefined && { threads }),
          memory,
        },
      ];
    });
  return {
    pipeline: pipeline.name,
    hardware,
    host: hostFacts(),
    engine: { ...engine!, ...inPlace?.costs },
    stages: Object.fromEntries(profiles),
  };
}
