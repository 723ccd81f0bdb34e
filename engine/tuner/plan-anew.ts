/** Has another plan made, wherever the search runs. */
import { newPlanOf, type Answer, type NewPlan, type PlanOrder } from '../../planner/index.ts';

export type PlanAnew = (order: PlanOrder, signal: AbortSignal) => Promise<NewPlan>;

/** What `searching` found, with the rest that a tuner needs. */
export function planAnewBy(searching: (order: PlanOrder, signal: AbortSignal) => Promise<Answer>): PlanAnew {
  return async (order, signal) => newPlanOf(order, await searching(order, signal));
}
