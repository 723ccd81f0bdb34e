import type { Profile, Scale } from './profile.ts';

/**
 * Profiles whose items per query are those of recorded queries. The times stay.
 *
 * @param counts items of each query of the workload, in its order, by stage
 */
export function withCounts(
  profiles: readonly Profile[],
  counts: ReadonlyMap<string, readonly number[]>,
): Profile[] {
  const scaleOf = (stage: string, otherwise: Scale): Scale => {
    const samples = counts.get(stage);
    if (!samples) return otherwise;
    const mean = samples.reduce((sum, count) => sum + count, 0) / samples.length;
    return { mean, samples, ofArrivals: true };
  };
  return profiles.map(profile => ({
    ...profile,
    stages: Object.fromEntries(
      Object.entries(profile.stages).map(([name, stage]) => [
        name,
        { ...stage, scale: scaleOf(name, stage.scale) },
      ]),
    ),
  }));
}
