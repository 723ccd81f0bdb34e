/** What a profile of a random pipeline's stages would say. */
import type { Forecast } from '../../../planner/index.ts';
import { mostBatch, type RandomStage } from '../../planner/simulation/random-pipeline.ts';
import { latencyOf } from './traced.ts';

export function forecastFor(stages: readonly RandomStage[]): Forecast {
  const byName = new Map(stages.map(stage => [stage.name, stage]));
  const timeOf = (stage: string, hardware: string, items: number) =>
    latencyOf(byName.get(stage)!.params, hardware === 'cpu' ? 1 : 2, items);
  const sizes = Array.from({ length: mostBatch }, (_, at) => at + 1);
  // Surely run: with no condition, on what is there for certain.
  const certain = new Set<string>();
  for (const { name, each, when, inputs } of stages) {
    const sources = Object.values(inputs);
    const known = (source: string) => source.startsWith('inputs.') || certain.has(source.split('.')[0]!);
    if (!each && !when && sources.every(source => typeof source === 'string' && known(source)))
      certain.add(name);
  }
  return {
    leastOf: (stage, hardware) => Math.min(...sizes.map(items => timeOf(stage, hardware, items))),
    timeOf: (names, hardware, items) => names.reduce((sum, name) => sum + timeOf(name, hardware, items), 0),
    scaleOf: stage => (byName.get(stage)!.each ? 2 : 1),
    isCertain: stage => certain.has(stage),
  };
}
