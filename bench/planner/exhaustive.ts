/** Exhaustive search: every plan with one pool per stage, cheapest first, each simulated in full. */
import type { Case } from './cases.ts';
import { isFeasible, groupsOf, type StagePool } from './judge.ts';

interface Priced {
  pool: StagePool;
  cost: number;
}

/** How many plans with one pool per stage there are. */
export function countPlans(of: Case): number {
  return poolsByStage(of).reduce((product, pools) => product * pools.length, 1);
}

/** The first feasible plan in ascending order of cost; null if there is none. */
export function planExhaustively(of: Case): StagePool[] | null {
  const plans = combinations(poolsByStage(of)).sort((a, b) => a.cost - b.cost);
  return plans.find(({ pools }) => isFeasible(of, groupsOf(of, pools)))?.pools ?? null;
}

function poolsByStage({ system, most }: Case): Priced[][] {
  const { structure, types, typeOf, batchesOf } = system;
  return structure.stages.map(({ name }) =>
    types.flatMap(hardware =>
      batchesOf(name, hardware).flatMap(batch =>
        Array.from({ length: most }, (_, index) => ({
          pool: { hardware, batch, replicas: index + 1 },
          cost: typeOf(hardware)!.price! * (index + 1),
        })),
      ),
    ),
  );
}

function combinations(stages: readonly Priced[][]): { pools: StagePool[]; cost: number }[] {
  let all: { pools: StagePool[]; cost: number }[] = [{ pools: [], cost: 0 }];
  for (const pools of stages)
    all = all.flatMap(plan =>
      pools.map(({ pool, cost }) => ({ pools: [...plan.pools, pool], cost: plan.cost + cost })),
    );
  return all;
}
