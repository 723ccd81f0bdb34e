/**
 * InferLine's greedy planner (Crankshaw et al., SoCC 2020, section 4.3, algorithms 1 and 2), with our estimator as its
 * test of feasibility.
 *
 * It starts from what answers soonest: every stage on the hardware with the lowest latency, batches of one, and
 * replicas added where throughput is least until the objective is met. Then the feasible one of three kinds of action
 * that leaves the least cost is taken, until there is none: double a stage's batch size, take away a replica, or move
 * the stage to the next cheaper hardware, where its batch size and replicas are searched anew with all others frozen.
 */
import type { Case } from './cases.ts';
import { costOfPools, Judge, type StagePool } from './judge.ts';

/** Returns a pool per stage; null if there is no feasible start, where the algorithm gives up. */
export function planGreedily(of: Case): StagePool[] | null {
  const judge = new Judge(of);
  let plan = initialise(of, judge);
  if (!plan) return null;
  for (;;) {
    // A larger batch saves nothing yet: it is taken where nothing else is feasible, and ends at the largest size.
    const [best] = plan
      .flatMap((_, stage) => actions(of, judge, plan!, stage))
      .map(changed => ({ changed, cost: costOfPools(of, changed) }))
      .sort((a, b) => a.cost - b.cost);
    if (!best) return plan;
    plan = best.changed;
  }
}

/** Algorithm 1. */
function initialise(of: Case, judge: Judge): StagePool[] | null {
  const { structure, types, timesOf } = of.system;
  const plan = structure.stages.map(({ name }): StagePool => {
    const able = types.filter(type => timesOf(name, type));
    const time = (type: string) => timesOf(name, type)!.mean(1);
    const hardware = able.reduce((best, type) => (time(type) < time(best) ? type : best));
    return { hardware, batch: 1, replicas: 1 };
  });
  while (!judge.isFeasible(plan)) {
    const growing = plan.flatMap(({ replicas }, stage) => (replicas < of.most ? [stage] : []));
    if (growing.length === 0) return null;
    const throughput = growing.map(stage => throughputOf(of, stage, plan[stage]!));
    plan[growing[throughput.indexOf(Math.min(...throughput))]!]!.replicas++;
  }
  return plan;
}

/** Queries per millisecond that a stage's pool can do. */
function throughputOf({ system }: Case, stage: number, { hardware, batch, replicas }: StagePool): number {
  const { name, scale } = system.structure.stages[stage]!;
  return (replicas * batch) / (system.timesOf(name, hardware)!.mean(batch) * scale.mean);
}

/** The feasible plans that one action of algorithm 2 on one stage makes. */
function actions(of: Case, judge: Judge, plan: readonly StagePool[], stage: number): StagePool[][] {
  const pool = plan[stage]!;
  const larger = { ...pool, batch: largerBatch(of, stage, pool) };
  const fewer = { ...pool, replicas: pool.replicas - 1 };
  const downgraded = downgrade(of, judge, plan, stage);
  return [
    ...(larger.batch > pool.batch ? [plan.with(stage, larger)] : []),
    ...(fewer.replicas > 0 ? [plan.with(stage, fewer)] : []),
    ...(downgraded ? [downgraded] : []),
  ].filter(changed => judge.isFeasible(changed));
}

/** Twice the batch size, or the largest that was measured. */
function largerBatch({ system }: Case, stage: number, { hardware, batch }: StagePool): number {
  return Math.min(2 * batch, system.timesOf(system.structure.stages[stage]!.name, hardware)!.largest);
}

/**
 * The cheapest plan with one stage on the next cheaper hardware, as the local search finds it: batches of one and as
 * many replicas as are feasible, then larger batches with as few replicas as they need.
 */
function downgrade(of: Case, judge: Judge, plan: readonly StagePool[], stage: number): StagePool[] | null {
  const { system, most } = of;
  const { name } = system.structure.stages[stage]!;
  const price = (type: string) => system.typeOf(type)!.price!;
  const [hardware] = system.types
    .filter(type => system.timesOf(name, type) && price(type) < price(plan[stage]!.hardware))
    .sort((a, b) => price(b) - price(a));
  if (hardware === undefined) return null;
  let best: StagePool[] | null = null;
  for (
    let batch = 1, last = 0;
    batch > last;
    last = batch, batch = largerBatch(of, stage, { hardware, batch, replicas: 1 })
  ) {
    const top = best ? best[stage]!.replicas - 1 : most;
    for (let replicas = 1; replicas <= top; replicas++) {
      const changed = plan.with(stage, { hardware, batch, replicas });
      if (!judge.isFeasible(changed)) continue;
      best = changed;
      break;
    }
  }
  return best && costOfPools(of, best) < costOfPools(of, plan) ? best : null;
}
