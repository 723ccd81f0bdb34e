/** Judges complete choices by simulating them on the workload's samples. */
import type { Objective } from '../../pipelines/index.ts';
import { allowedAbove } from '../percentile.ts';
import { simulate } from '../simulation/simulate.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { simulatedPools, type Option, type SearchGroup } from './option.ts';

export class Evaluator {
  /** Simulations so far, one for all samples of a choice. */
  evaluated = 0;
  readonly #system: System;
  readonly #samples: readonly Sample[];
  readonly #slo: readonly Objective[];
  readonly #queries: number;

  constructor(system: System, samples: readonly Sample[], slo: readonly Objective[]) {
    this.#system = system;
    this.#samples = samples;
    this.#slo = slo;
    this.#queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  }

  /** Whether a choice meets every objective over all samples together; broken off as soon as it does not. */
  isFeasible(groups: readonly SearchGroup[], choice: readonly Option[]): boolean {
    this.evaluated++;
    const { structure, hosts, engine } = this.#system;
    const deployment = {
      groups: choice.map((option, g) => ({ stages: groups[g]!.indices, pools: simulatedPools(option) })),
      hosts,
      engine,
    };
    const left = this.#slo.map(({ percentile }) => allowedAbove(percentile, this.#queries));
    for (const sample of this.#samples) {
      const missLimits = this.#slo.map(({ limit }, o) => ({ limit, allowed: left[o]! }));
      const { misses, aborted } = simulate(structure, deployment, sample, { missLimits });
      if (aborted) return false;
      for (const [o, count] of misses.entries()) left[o]! -= count;
    }
    return true;
  }
}
