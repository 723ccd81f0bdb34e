import { ruleOf, type PoolRule } from '../batching.ts';
import type { SimulatedPool } from './deployment.ts';

/** The rule of each pool; what batches are expected to take is asked for only where there are deadlines. */
export function ruleMaker(deadlines: boolean): (pool: SimulatedPool) => PoolRule {
  return pool => {
    if (!deadlines) return ruleOf(pool);
    const timeOf = (items: number) => pool.times.reduce((sum, times) => sum + times.mean(items), pool.wake);
    return { ...ruleOf(pool), timeOf };
  };
}
