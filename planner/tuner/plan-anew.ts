/**
 * Makes another plan from what was seen. The engine searches in real time, the estimator in virtual time, where a search
 * takes as long as the engine's may at most.
 */
import type { Plan } from '../../pipelines/index.ts';
import { searchPlan } from '../search/search.ts';
import { makeSystem } from '../system.ts';
import { drawSamples } from '../workload/samples.ts';
import type { PlanOrder } from './observed.ts';
import type { Tuned } from './tuned.ts';
import { tunerLimits } from './tuner.ts';

/** Milliseconds: of a search at most, and after one in vain before that is tried again. */
export const planningAnew = { budget: 10_000, patience: 60_000 } as const;

/** What the search found: groups as a plan has them, or why there are none. */
export type Answer = Pick<Plan, 'groups' | 'predicted' | 'search'> | { obstacle: string };

/** Another plan with all that a tuner needs of it, and why it is better; or why there is none. */
export type NewPlan = { tuned: Tuned; reason: string } | { obstacle: string };

/** Why there is no other plan, as a decision says it. */
export function tellInVain(obstacle: string): string {
  return `no other plan was made: ${obstacle}`;
}

/**
 * Searches for the cheapest plan; that takes seconds.
 * @param now a clock, in milliseconds: what is found depends on nothing else
 */
export function searchAnew(
  { pipeline, profiles, hardware, slo, workload }: PlanOrder,
  now: () => number,
): Answer {
  const system = makeSystem(pipeline, profiles, hardware);
  const { budget } = planningAnew;
  const options = { budget, mixed: true, fusion: true, most: tunerLimits.replicas, now };
  const found = searchPlan(system, drawSamples(workload), slo, options);
  if (found.kind === 'none') return { obstacle: found.message };
  return { groups: found.groups, predicted: found.estimate.predicted, search: found.search };
}

/** What a search found, with the rest that a tuner needs. */
export function newPlanOf(order: PlanOrder, answer: Answer): NewPlan {
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
}
