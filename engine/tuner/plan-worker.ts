/** Runs in a thread of its own: a search keeps its thread busy for seconds. */
import { search, type Answer } from './plan-anew.ts';
import type { PlanOrder } from './observed.ts';

export default (order: PlanOrder): Answer => search(order);
