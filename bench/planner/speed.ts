/** How long does a proof take? */
import type { BenchOptions } from '../bench.ts';
import { figure, showProgress } from '../report.ts';
import { makeCase, type CaseSpec } from './cases.ts';
import { plan } from './quality.ts';

export interface SpeedRow {
  case: string;
  seconds: number;
  /** US dollars per hour; null if no plan was found. */
  cost: number | null;
  /** Share of the cost by which a cheaper plan might undercut it; 0: proved optimal. */
  gap: number;
}

/** As many queries as `millrace plan` takes unless told otherwise. */
const sample = { queries: 30_000, seeds: 3 };
const quickSample = { queries: 1000, seeds: 1 };
const most = 16;

/** A chain on 4 hardware types with 6 batch sizes. */
const chain = (seed: number, stages: number): CaseSpec => ({
  seed,
  shape: 'chain',
  stages,
  types: 4,
  batches: 6,
  cv: 1,
  slack: [0.2, 0.5, 0.8][seed % 3]!,
  load: 8,
});

/** Chains of so many stages, proved with one pool per stage as far as a minute goes. */
export function measureSpeed(stages: number, seeds: number, { quick }: BenchOptions): SpeedRow[] {
  return Array.from({ length: quick ? 1 : seeds }, (_, index) => {
    const of = makeCase(chain(index + 1, stages), quick ? quickSample : sample, most);
    showProgress(`${of.name}…`);
    const start = performance.now();
    const found = plan(of, false, quick ? 3000 : 58_000);
    const seconds = figure((performance.now() - start) / 1000);
    const cost = found?.estimate.predicted.cost ?? null;
    const gap = found ? figure(1 - found.search.bound! / (cost! || 1)) : 1;
    return { case: of.name, seconds, cost, gap: found?.search.optimal ? 0 : gap };
  });
}
