/** Searches of small cases, put together by hand or by a seed. */
import { parsePipeline, type Hardware } from '../../../pipelines/index.ts';
import {
  drawSamples,
  makeSystem,
  searchPlan,
  type FoundPlan,
  type NoPlan,
  type Profile,
  type SearchOptions,
} from '../../../planner/index.ts';
import type { Case } from '../../../bench/planner/cases.ts';

export const singlePool = { mixed: false, fusion: false };
export const allThereIs = { mixed: true, fusion: true };

/** A clock that stands still: the budget never ends, so what is found depends on no machine. */
export function search(
  { system, samples, slo, most }: Case,
  options: Pick<SearchOptions, 'mixed' | 'fusion'> & Partial<SearchOptions>,
): FoundPlan | NoPlan {
  return searchPlan(system, samples, slo, { budget: 1, most, now: () => 0, ...options });
}

export function found(plan: FoundPlan | NoPlan): FoundPlan {
  if (plan.kind === 'none') throw new Error(plan.message);
  return plan;
}

/** Milliseconds of batches by size. */
type Times = Readonly<Record<number, number>>;

interface ChainOptions {
  /** Of each hardware type, what each stage takes. */
  profiles: Readonly<Record<string, readonly Times[]>>;
  prices: Readonly<Record<string, number>>;
  limits?: Hardware['limits'];
  /** Milliseconds a batch costs its replica beside its stages. */
  wake?: number;
  rate: number;
  cv?: number;
  /** Milliseconds, of p99. */
  limit: number;
  queries?: number;
  most?: number;
}

/** Stages `s0`, `s1`, … one after the other, with times that don't vary. */
export function chainCase(options: ChainOptions): Case {
  const { profiles, prices, limits = {}, wake = 0, rate, cv = 1, limit, queries = 1000, most = 8 } = options;
  const count = Object.values(profiles)[0]!.length;
  const stages = Array.from(
    { length: count },
    (_, s) => `  s${s}: { operator: x, inputs: { in: ${s === 0 ? 'inputs.in' : `s${s - 1}.out`} } }`,
  );
  const { pipeline } = parsePipeline(
    [
      'millrace: pipeline/1',
      'name: chain',
      'inputs: { in: { datatype: FP32, shape: [1] } }',
      'stages:',
      ...stages,
      `outputs: { out: s${count - 1}.out }`,
      '',
    ].join('\n'),
  );
  const all = Object.entries(profiles).map(([hardware, times]): Profile => ({
    pipeline: 'chain',
    hardware,
    host: {},
    engine: { query: 0, hop: 0, wake },
    stages: Object.fromEntries(
      times.map((of, s) => [
        `s${s}`,
        {
          scale: { mean: 1, samples: [] },
          batches: Object.entries(of).map(([batch, mean]) => ({ batch: Number(batch), mean, quantiles: [] })),
        },
      ]),
    ),
  }));
  const types = Object.fromEntries(
    Object.entries(prices).map(([name, price]) => [name, { device: 'cpu', threads: 1, price } as const]),
  );
  return {
    name: 'chain',
    system: makeSystem(pipeline!, all, { types, limits, hosts: {} }),
    samples: drawSamples({ kind: 'gamma', rate, cv, queries, seeds: 1 }),
    slo: [{ percentile: 99, limit }],
    most,
  };
}
