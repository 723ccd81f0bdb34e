import type { BoundPipeline, BoundStage } from '../../pipelines/index.ts';
import { longerAfter, type Profile, type Rested, type StageProfile } from '../../planner/index.ts';
import type { SingleBatches } from './batch-counter.ts';
import { hostFacts } from './host.ts';
import type { Measurements } from './measurements.ts';
import type { Recording } from './recording.ts';
import { rounded } from './repetitions.ts';

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
          ...interferenceOf(batches[0]!.mean, rested, inPlace?.stages[name]),
          ...(rested.length > 0 && { rested }),
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

/** What batches of one take longer in place than alone after as long a rest, if that is known. */
function interferenceOf(
  alone: number,
  rested: readonly Rested[],
  inPlace: SingleBatches | undefined,
): Pick<StageProfile, 'interference'> {
  if (!inPlace) return {};
  const longer = rested.map(({ rest, time }) => ({ rest, more: time }));
  const { time, rests } = inPlace;
  const afterRests = rests.reduce((sum, rest) => sum + longerAfter(longer, rest), 0) / rests.length;
  return { interference: rounded(Math.max(0, time - alone - afterRests)) };
}
