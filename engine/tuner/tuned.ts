import type { Plan } from '../../pipelines/index.ts';
import type { Profile, Sample, System } from '../../planner/index.ts';

/** What a tuner is made of. */
export interface Tuned {
  system: System;
  /** What the system was made of. */
  profiles: readonly Profile[];
  plan: Plan;
  /** The arrivals that the plan is for. */
  planned: readonly Sample[];
}
