import type { Group } from '../pipelines/index.ts';
import type { System } from './system.ts';

/** US dollars per hour of all replicas; undefined if one is of a hardware type without a price. */
export function costOf(system: System, groups: readonly Group[]): number | undefined {
  let cost = 0;
  for (const { hardware, replicas } of groups.flatMap(({ pools }) => pools)) {
    const price = system.typeOf(hardware)?.price;
    if (price === undefined) return undefined;
    cost += price * replicas;
  }
  return roundCost(cost);
}

/** Costs this close are equal. */
export const tolerance = 1e-9;

/** Without what adding decimal fractions in binary leaves behind, so that equal costs are equal. */
export function roundCost(cost: number): number {
  return Math.round(cost * 1e9) / 1e9;
}
