/** What a profile of a random pipeline's stages would say. */
import type { Forecast } from '../../../planner/index.ts';
import type { RandomStage } from '../../planner/simulation/random-pipeline.ts';

export function forecastFor(stages: readonly RandomStage[]): Forecast {
  const byName = new Map(stages.map(stage => [stage.name, stage]));
  const latencies = (stage: string, hardware: string) =>
    byName.get(stage)!.params.latency[hardware === 'cpu' ? 0 : 1]!;
  // Surely run: with no condition, on what is there for certain.
  const certain = new Set<string>();
  for (const { name, each, when, inputs } of stages) {
    const sources = Object.values(inputs);
    const known = (source: string) => source.startsWith('inputs.') || certain.has(source.split('.')[0]!);
    if (!each && !when && sources.every(source => typeof source === 'string' && known(source)))
      certain.add(name);
  }
  return {
    leastOf: (stage, hardware) => Math.min(...latencies(stage, hardware)),
    timeOf: (names, hardware, items) =>
      names.reduce((sum, name) => sum + latencies(name, hardware)[items - 1]!, 0),
    scaleOf: stage => (byName.get(stage)!.each ? 2 : 1),
    isCertain: stage => certain.has(stage),
  };
}
