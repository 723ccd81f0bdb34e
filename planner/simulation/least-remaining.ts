import { remainingTimes, type Remaining } from '../remaining.ts';
import type { SimulatedDeployment } from './deployment.ts';
import type { Structure } from './structure.ts';

/** Where there are no deadlines, nobody asks. */
export const nothingRemains: Remaining = { from: new Float64Array(0), beyond: new Float64Array(0) };

/** What is left of a query from each stage on, at least, on the hardware it runs on. */
export function leastRemaining({ stages }: Structure, groups: SimulatedDeployment['groups']): Remaining {
  const groupOf = stages.map(({ index }) => groups.findIndex(group => group.stages.includes(index)));
  const least = stages.map(({ index, scale: { samples, mean } }) => {
    const isCertain = samples.length > 0 ? samples.every(count => count >= 1) : mean >= 1;
    if (!isCertain) return 0;
    const group = groups[groupOf[index]!]!;
    const place = group.stages.indexOf(index);
    return Math.min(...group.pools.map(({ times }) => times[place]!.least?.(1) ?? 0));
  });
  return remainingTimes(stages, groupOf, least);
}
