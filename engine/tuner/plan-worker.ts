/** Runs in a thread of its own: a search keeps its thread busy for seconds. */
import { searchAnew, type Answer, type PlanOrder } from '../../planner/index.ts';

export default (order: PlanOrder): Answer => searchAnew(order, () => performance.now());
