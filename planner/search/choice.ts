/** A choice of one option per group, as a whole. */
import { roundCost } from '../cost.ts';
import type { Option } from './option.ts';

/** US dollars per hour. */
export function costOfChoice(choice: readonly Option[]): number {
  return roundCost(choice.reduce((sum, { cost }) => sum + cost, 0));
}

/** Whether options together use no more replicas of any hardware type than there are. */
export function isWithinLimits(
  options: readonly Option[],
  limits: Readonly<Record<string, number>>,
): boolean {
  for (const [hardware, most] of Object.entries(limits)) {
    let used = 0;
    for (const { pools } of options)
      for (const { kind, replicas } of pools) if (kind.hardware === hardware) used += replicas;
    if (used > most) return false;
  }
  return true;
}
