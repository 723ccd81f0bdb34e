import { roundCost } from '../cost.ts';
import type { SearchContext } from './context.ts';
import { searchGroup } from './option.ts';

/**
 * What the work alone costs at least, however stages share replicas and whatever hardware is mixed: each piece of it
 * on the hardware and in the batches where it is cheapest, with replicas that are never idle.
 */
export function costOfWork({ system, samples, slo, options }: SearchContext): number {
  const span = Math.max(...samples.map(({ arrivals }) => arrivals.at(-1)! - arrivals[0]!));
  const queries = Math.max(...samples.map(({ arrivals }) => arrivals.length));
  const share = Math.max(...slo.map(({ percentile, limit }) => (percentile / 100) * (span / (span + limit))));
  const rate = (0.95 * share * queries) / span;
  const stages = system.structure.stages.map(({ name }) => searchGroup(system, [name]));
  const cost = stages.reduce((sum, { visits, kinds }) => {
    const wake = ({ pool, batch }: (typeof kinds)[number]) => pool.wake / batch;
    // Sharing replicas saves a batch's own cost, never the stage's.
    return sum + rate * visits * Math.min(...kinds.map(kind => kind.price * (kind.work - wake(kind))));
  }, 0);
  return options.most > 0 ? roundCost(Math.max(0, cost)) : 0;
}
