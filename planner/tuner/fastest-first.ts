import type { Group } from '../../pipelines/index.ts';
import { speedOf } from '../simulation/deployment.ts';
import { deploy, type System } from '../system.ts';

/** The groups with their pools in the order in which a deployment has them. */
export function fastestFirst(system: System, groups: readonly Group[]): Group[] {
  const deployed = deploy(system, groups).groups;
  return groups.map((group, g) => {
    const speeds = new Map(deployed[g]!.pools.map(pool => [pool.hardware, speedOf(pool)]));
    const pools = group.pools.toSorted((a, b) => speeds.get(a.hardware)! - speeds.get(b.hardware)!);
    return { ...group, pools };
  });
}
