import type { Plan } from '../../pipelines/index.ts';
import type { Profile } from '../profile/profile.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';

/** `scale` changes replicas; `replan` plans anew too, where what is seen has come away from the plan. */
export type TunerMode = 'scale' | 'replan';

/** What a tuner is made of. */
export interface Tuned {
  system: System;
  /** What the system was made of. */
  profiles: readonly Profile[];
  plan: Plan;
  /** The arrivals that the plan is for. */
  planned: readonly Sample[];
}
