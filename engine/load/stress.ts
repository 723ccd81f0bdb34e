/** The stress gate: the same queries faster and faster, until the objective is missed or as much is held as must be. */
import type { LoadResult } from './load.ts';

/** From one step to the next: two of them double the load. */
const stride = Math.SQRT2;

export interface StressStep {
  /** Times as fast as the load itself. */
  factor: number;
  result: LoadResult;
  held: boolean;
}

export interface StressResult {
  /** Whether the load was held as many times as fast as it must be. */
  passed: boolean;
  /** The most that was held; 0: not even the first. */
  held: number;
  /** In the order they were tried; only the last may not have been held. */
  steps: readonly StressStep[];
}

/** Whether the objectives are met or, where there are none, every query was answered. */
export function isHeld({ sent, answered, slo }: LoadResult): boolean {
  const objectives = Object.values(slo);
  return objectives.length > 0 ? objectives.every(({ met }) => met) : answered === sent;
}

/** How fast each step is: from the load itself up to `most` times that; only `most` where that is less. */
export function stressFactors(most: number): number[] {
  const factors: number[] = [];
  for (let factor = 1; factor < most / 1.01; factor *= stride) factors.push(Number(factor.toPrecision(3)));
  return [...factors, most];
}

/**
 * @param most times as fast as the load must be held at least
 * @param run puts the load on the server, so many times as fast
 */
export async function stress(
  most: number,
  run: (factor: number) => Promise<LoadResult>,
  signal?: AbortSignal,
): Promise<StressResult> {
  const steps: StressStep[] = [];
  let held = 0;
  for (const factor of stressFactors(most)) {
    const result = await run(factor);
    const holds = !signal?.aborted && isHeld(result);
    steps.push({ factor, result, held: holds });
    if (!holds) break;
    held = factor;
  }
  return { passed: held === most, held, steps };
}
