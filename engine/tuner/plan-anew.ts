/** Makes another plan from what was seen. */
import type { Plan } from '../../pipelines/index.ts';
import { drawSamples, makeSystem, searchPlan } from '../../planner/index.ts';
import type { PlanOrder } from './observed.ts';
import type { Tuned } from './tuned.ts';

/** What the search found: groups as a plan has them, or why there are none. */
export type Answer = Pick<Plan, 'groups' | 'predicted' | 'search'> | { obstacle: string };

/** Another plan with all that a tuner needs of it, and why it is better; or why there is none. */
export type PlanAnew = (
  order: PlanOrder,
  signal: AbortSignal,
) => Promise<{ tuned: Tuned; reason: string } | { obstacle: string }>;

/** Milliseconds of a search. */
const budget = 10_000;
/** Most replicas of a pool. */
const most = 64;

/** Searches in the calling thread, and keeps it busy meanwhile. */
export function search({ pipeline, profiles, hardware, slo, workload }: PlanOrder): Answer {
  const system = makeSystem(pipeline, profiles, hardware);
  const options = { budget, mixed: true, fusion: true, most, now: () => performance.now() };
  const found = searchPlan(system, drawSamples(workload), slo, options);
  if (found.kind === 'none') return { obstacle: found.message };
  return { groups: found.groups, predicted: found.estimate.predicted, search: found.search };
}

/** What `searching` found, with the rest that a tuner needs. */
export function planAnewBy(searching: (order: PlanOrder, signal: AbortSignal) => Promise<Answer>): PlanAnew {
  return async (order, signal) => {
    const answer = await searching(order, signal);
    if ('obstacle' in answer) return answer;
    const { pipeline, profiles, hardware, slo, workload } = order;
    const { rate, cv, queries, seeds } = workload;
    const plan: Plan = { pipeline: pipeline.name, slo, workload: { rate, cv, queries, seeds }, ...answer };
    const tuned: Tuned = {
      system: makeSystem(pipeline, profiles, hardware),
      profiles,
      plan,
      planned: drawSamples(workload),
    };
    const pools = plan.groups.flatMap(({ name, pools }) =>
      pools.map(({ hardware, batch, replicas }) => `${name} ${replicas} × ${hardware}, batch ${batch}`),
    );
    return { tuned, reason: `planned anew for ${rate} queries/s, CV ${cv}: ${pools.join('; ')}` };
  };
}
