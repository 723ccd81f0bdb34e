/** Several pipelines as one structure, so that they can be simulated side by side on the hosts they share. */
import type { Sample } from '../workload/workload.ts';
import type { Need, StageStructure, Structure } from './structure.ts';

/** Stages, fan-outs and pieces of work of each part follow those of the parts before it. */
export function unite(parts: readonly Structure[]): Structure {
  const stages: StageStructure[] = [];
  let width = 0;
  let fanOuts = 0;
  for (const part of parts) {
    const offset = stages.length;
    for (const stage of part.stages) {
      stages.push({
        ...stage,
        name: `${part.pipeline.name}/${stage.name}`,
        index: stage.index + offset,
        // A query of another pipeline passes it by.
        gated: true,
        needs: stage.needs.map(need => shifted(need, offset)),
        lists: stage.lists.map(need => shifted(need, offset)),
        dependents: stage.dependents.map(index => index + offset),
        followers: stage.followers.map(index => index + offset),
        fanOut: stage.fanOut < 0 ? -1 : stage.fanOut + fanOuts,
        work: stage.work + width,
      });
    }
    width += part.width;
    fanOuts += part.fanOuts.length;
  }
  return {
    pipeline: parts[0]!.pipeline,
    stages,
    fanOuts: parts.flatMap(part => part.fanOuts),
    width,
    stageOf: Int32Array.from(stages.flatMap(stage => Array.from({ length: stage.width }, () => stage.index))),
    itemOf: Int32Array.from(stages.flatMap(stage => Array.from({ length: stage.width }, (_, item) => item))),
    plain: false,
    parts,
  };
}

function shifted(need: Need, offset: number): Need {
  return { ...need, stage: need.stage.map(of => (of < 0 ? of : of + offset)) };
}

/** Samples of several pipelines as one, in the order of arrival; ties in the order of the pipelines. */
export function interleave(samples: readonly Sample[]): Sample {
  const all = samples.flatMap(({ arrivals }, part) => Array.from(arrivals, time => ({ time, part })));
  all.sort((a, b) => a.time - b.time || a.part - b.part);
  return {
    seed: samples[0]!.seed,
    arrivals: Float64Array.from(all, ({ time }) => time),
    parts: Uint8Array.from(all, ({ part }) => part),
  };
}
