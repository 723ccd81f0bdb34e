/** Whether pools of a pipeline's only group miss its objectives: found out as soon as it is sure. */
import type { Objective } from '../../pipelines/index.ts';
import { allowedAbove } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Sample } from '../workload/workload.ts';
import { simulatedPools, type Option } from './option.ts';
import { passQueue } from './staged-queue.ts';
import { StagedSample } from './staged-sample.ts';

/** By how much a choice must miss the objectives to be ruled out before it is simulated. */
const margin = { share: 0.02, queries: 2 };
/** The next look at the misses is after so many times as many queries. */
const growth = 2;

/** One sample's queries, all of which come to the group as they arrive. */
interface Queries {
  arrivals: Float64Array;
  /** Those that run, in order. */
  order: Int32Array;
  uniforms: Float64Array;
  ends: Float64Array;
  /** Milliseconds of batches of one, by hardware type. */
  alone: Map<string, Float64Array>;
}

export class OneGroup {
  readonly #slo: readonly Objective[];
  readonly #allowed: readonly number[];
  readonly #samples: readonly Queries[];
  readonly #counter: { evaluated: number };

  /** @param counter counts the options tried */
  constructor(
    { structure }: System,
    samples: readonly Sample[],
    slo: readonly Objective[],
    counter: { evaluated: number },
  ) {
    const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    this.#slo = slo;
    this.#counter = counter;
    this.#allowed = slo.map(
      ({ percentile }) => allowedAbove(percentile, queries) * (1 + margin.share) + margin.queries,
    );
    this.#samples = samples.map(sample => {
      const { arrivals, units } = new StagedSample(structure, sample);
      const { running, uniforms } = units[0]!;
      return {
        arrivals,
        order: running,
        uniforms,
        ends: new Float64Array(arrivals.length),
        alone: new Map(),
      };
    });
  }

  /** Whether an option surely misses the objectives, or more than so many times as often as is allowed. */
  isRuledOut(option: Option, times = 1): boolean {
    this.#counter.evaluated++;
    const pools = simulatedPools(option);
    const left = this.#allowed.map(allowed => times * allowed);
    for (const queries of this.#samples) {
      const { length } = queries.order;
      for (let looked = Math.min(...left) + 1; ; looked *= growth) {
        const count = Math.min(length, Math.ceil(looked));
        const misses = this.#missesOf(queries, pools, count);
        if (misses.some((missed, o) => missed > left[o]!)) return true;
        if (count < length) continue;
        for (const [o, missed] of misses.entries()) left[o]! -= missed;
        break;
      }
    }
    return false;
  }

  /** How many of the first queries miss each objective. */
  #missesOf(
    { arrivals, order, uniforms, ends, alone }: Queries,
    pools: readonly SimulatedPool[],
    count: number,
  ): number[] {
    const times = pools.map(({ hardware, times: [of], wake }) => {
      const known = alone.get(hardware) ?? uniforms.map(uniform => wake + of!.draw(1, uniform));
      alone.set(hardware, known);
      return known;
    });
    const first = order.subarray(0, count);
    passQueue(
      { ready: arrivals, order: first, uniforms: [uniforms], alone: times, apart: true },
      pools,
      ends,
    );
    return this.#slo.map(({ limit }) => {
      let misses = 0;
      for (const query of first) if (ends[query]! - arrivals[query]! > limit) misses++;
      return misses;
    });
  }
}
