/** What a report is made of. */
import type { Group, Objective, Search } from '../../pipelines/index.ts';
import type { Estimate } from '../estimate.ts';
import type { System } from '../system.ts';
import type { Workload } from '../workload/workload.ts';
import type { Frontier } from './frontier.ts';
import type { Headroom } from './headroom.ts';

/** A plan and what is predicted for it. */
export interface ReportPlan {
  /** What it is called beside another. */
  name: string;
  groups: readonly Group[];
  estimate: Estimate;
  /** How it was searched for. */
  search?: Search | undefined;
}

export interface Report {
  system: System;
  workload: Workload;
  slo: readonly Objective[];
  plan: ReportPlan;
  headroom: Headroom;
  /** What other objectives and rates would cost; left out without prices or without an objective. */
  frontier?: Frontier | undefined;
  /** A plan to compare with, estimated on the same samples. */
  other?: ReportPlan | undefined;
}

/** How a plan is drawn, by its place in a comparison. */
export const colours = [
  { key: 'plan', ink: 'var(--plan)', soft: 'var(--plan-soft)' },
  { key: 'other', ink: 'var(--other)', soft: 'var(--other-soft)' },
] as const;

/** The plan, and the one it is compared with. */
export function plansOf({ plan, other }: Report): ReportPlan[] {
  return other ? [plan, other] : [plan];
}
