/** `--report`: works out what a report needs beside the plan itself, and writes it. */
import type { Objective } from '../../pipelines/index.ts';
import {
  frontierOf,
  frontierSteps,
  headroomOf,
  renderReport,
  type ReportPlan,
  type Sample,
  type System,
  type Workload,
} from '../../planner/index.ts';
import { Progress } from './progress.ts';
import type { WholeFile } from './whole-file.ts';

/** Milliseconds that each point of the frontier may take. */
const pointBudget = 3000;
/** Estimates that finding the highest rate takes, about. */
const headroomSteps = 10;

export interface ReportInputs {
  system: System;
  workload: Workload;
  samples: readonly Sample[];
  slo: readonly Objective[];
  plan: ReportPlan;
  other: ReportPlan | undefined;
  /** Most replicas of one pool of the frontier's plans. */
  most: number;
  /** Shows no progress. */
  quiet: boolean;
}

/** Writes a report into a file, and gives that its name. */
export async function writeReport(
  file: WholeFile,
  { system, workload, samples, slo, plan, other, most, quiet }: ReportInputs,
): Promise<void> {
  const arrivals = { rate: workload.rate, samples };
  // The cheapest plan takes prices, and something to be cheap at.
  const isPriced = system.types.some(type => system.typeOf(type)?.price !== undefined) && slo.length > 0;
  const progress = new Progress(headroomSteps + (isPriced ? frontierSteps : 0), quiet ? 0 : 1);
  const onStep = () => progress.step();
  try {
    progress.note('working out how much more it holds');
    const headroom = headroomOf(system, plan.groups, arrivals, slo, plan.estimate, onStep);
    const options = { budget: pointBudget, most, now: () => performance.now(), onStep };
    const frontier = isPriced ? frontierOf(system, arrivals, slo, options) : undefined;
    progress.note('drawing');
    await file.write(await renderReport({ system, workload, slo, plan, headroom, frontier, other }));
    await file.finish();
  } finally {
    progress.clear();
  }
}
