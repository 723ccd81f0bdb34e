/** How good are the plans, beside those of the baselines? */
import { searchPlan, type FoundPlan, type SearchOptions } from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';
import { makeCase, smallSpec, specs, type Case } from './cases.ts';
import { planCoarsely } from './coarse-grained.ts';
import { countPlans, planExhaustively } from './exhaustive.ts';
import { planGreedily } from './inferline.ts';
import { costOfPools, groupsOf, isFeasible, type StagePool } from './judge.ts';

/** Costs in US dollars per hour; null where a planner has no plan. */
export interface Row {
  case: string;
  /** One pool per stage. */
  ours: number | null;
  /** Whether that is proved to be the cheapest. */
  proved: boolean;
  /** With pools of different hardware and shared replicas. */
  best: number | null;
  greedy: number | null;
  coarseMean: number | null;
  /** Whether the one sized for the mean rate meets the objective. */
  coarseMeets: boolean;
  coarsePeak: number | null;
  /** Undefined where there are too many plans to try. */
  exhaustive?: number | null;
  /** Of our two searches together, and of the greedy one. */
  seconds: { ours: number; greedy: number };
}

const sample = { queries: 3000, seeds: 2 };
const smallSample = { queries: 1000, seeds: 1 };
const most = 12;
/** Replicas of small cases at most, so that there are some ten thousand plans. */
const smallMost = 4;
const mostPlans = 20_000;

/** Milliseconds of each search. */
const budget = 6000;

/** Costs this close are equal. */
const tolerance = 1e-9;

/** The plan found with one pool per stage, or with all there is; null if there is none. */
export function plan(of: Case, all: boolean, milliseconds = budget): FoundPlan | null {
  const options: SearchOptions = {
    budget: milliseconds,
    mixed: all,
    fusion: all,
    most: of.most,
    now: () => performance.now(),
  };
  const found = searchPlan(of.system, of.samples, of.slo, options);
  return found.kind === 'found' ? found : null;
}

function timed<T>(work: () => T): { result: T; seconds: number } {
  const start = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

function compare(of: Case): Row {
  const cost = (pools: StagePool[] | null | undefined) => (pools ? costOfPools(of, pools) : null);
  const single = timed(() => plan(of, false));
  const all = timed(() => plan(of, true));
  const greedy = timed(() => planGreedily(of));
  const coarse = planCoarsely(of);
  return {
    case: of.name,
    ours: single.result?.estimate.predicted.cost ?? null,
    proved: single.result?.search.optimal ?? false,
    best: all.result?.estimate.predicted.cost ?? null,
    greedy: cost(greedy.result),
    coarseMean: cost(coarse?.mean),
    coarseMeets: coarse !== null && isFeasible(of, groupsOf(of, coarse.mean)),
    coarsePeak: cost(coarse?.peak),
    ...(countPlans(of) <= mostPlans && { exhaustive: cost(planExhaustively(of)) }),
    seconds: { ours: single.seconds + all.seconds, greedy: greedy.seconds },
  };
}

export function measureQuality({ quick }: BenchOptions): Row[] {
  const small = Array.from({ length: quick ? 3 : 12 }, (_, seed) =>
    makeCase(smallSpec(seed), smallSample, smallMost),
  );
  const large = (quick ? specs.filter(({ stages }) => stages <= 3).slice(0, 2) : specs).map(spec =>
    makeCase(spec, quick ? smallSample : sample, most),
  );
  return [...small, ...large].map(of => {
    showProgress(`${of.name}…`);
    return compare(of);
  });
}

const share = (all: readonly boolean[]) => figure(all.filter(Boolean).length / all.length);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Whether one cost is at most another; no plan is dearer than any. */
const atMost = (a: number | null, b: number | null) => (a ?? Infinity) <= (b ?? Infinity) + tolerance;

export function figuresOf(rows: readonly Row[]): Record<string, unknown> {
  const both = rows.filter(({ ours, greedy }) => ours !== null && greedy !== null);
  const tried = rows.filter(({ exhaustive }) => exhaustive !== undefined);
  const saved = both.map(({ ours, greedy }) => 1 - ours! / greedy!);
  const extra = rows.flatMap(({ ours, best }) => (ours === null || best === null ? [] : [1 - best / ours]));
  const coarse = rows.flatMap(({ best, coarsePeak }) =>
    best === null || coarsePeak === null ? [] : [coarsePeak / best],
  );
  return {
    cases: rows.length,
    never_dearer: share(rows.map(({ ours, greedy }) => atMost(ours, greedy))),
    never_dearer_with_all: share(rows.map(({ best, ours }) => atMost(best, ours))),
    equal_to_exhaustive: share(
      tried.map(({ ours, exhaustive }) => atMost(ours, exhaustive!) && atMost(exhaustive!, ours)),
    ),
    exhaustive_cases: tried.length,
    proved: share(rows.map(({ ours, proved }) => ours === null || proved)),
    saved_over_greedy: { mean: figure(mean(saved)), most: figure(Math.max(...saved)) },
    saved_by_mixing_and_fusion: { mean: figure(mean(extra)), most: figure(Math.max(...extra)) },
    coarse_peak_factor: { mean: figure(mean(coarse)), median: figure(median(coarse)) },
    coarse_mean_meets: share(
      rows.flatMap(({ coarseMean, coarseMeets }) => (coarseMean === null ? [] : [coarseMeets])),
    ),
  };
}
