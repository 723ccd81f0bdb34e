/** The mixes of hardware that a pipeline's only group may run on, all of them. */
import type { Objective } from '../../pipelines/index.ts';
import { roundCost, tolerance } from '../cost.ts';
import { allowedAbove } from '../percentile.ts';
import type { Sample } from '../workload/workload.ts';
import type { Candidate, SearchContext } from './context.ts';
import { heldBack, isHeldBack } from './held-back.ts';
import { OneGroup } from './one-group.ts';
import { optionOf, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Known } from './prove-fused.ts';

/** Mixes are listed by cost, so much at a time. */
const step = 1.04;
/**
 * Where slow replicas are held back, mixes this much cheaper are tried, so many of them, the dearest; but none of which
 * so many times too many queries miss the objectives.
 */
const heldStep = 1.15;
const mostHeld = 400;
const hopeless = 6;
/** Draws of a sample differ from their mean, and queries are let miss a few more. */
const leeway = { work: 0.95, share: 0.05, queries: 2 };

/**
 * Looks through every mix that is cheaper than the plan known, cheapest first, so that the first feasible is optimal;
 * then, from there down, through those that are a little cheaper with slow replicas held back, of which nothing is
 * proved. Returns null if no mix is feasible, or none was found in time.
 */
export function searchMixes(
  context: SearchContext,
  group: SearchGroup,
  known: Candidate | null,
): Known | null {
  const { system, samples, slo, evaluator, isOver } = context;
  const mixes = new Mixes(context, group);
  const one = new OneGroup(system, samples, slo, evaluator);
  const isFeasible = (option: Option) => !one.isRuledOut(option) && evaluator.isFeasible([group], [option]);
  const eager = proveEager(mixes, known?.choice[0] ?? null, isFeasible, isOver);
  const wait = Math.min(...slo.map(({ limit }) => limit));
  let best = eager.option;
  for (;;) {
    const below: number = best?.cost ?? mixes.most;
    const next = mixes
      .between(best ? below / heldStep : mixes.least, below)
      .slice(-mostHeld)
      .filter(option => !isOver() && !one.isRuledOut(option, hopeless))
      .flatMap(option => heldBack(option, wait))
      .find(option => !isOver() && isFeasible(option));
    if (!next) break;
    best = next;
  }
  if (!best) return null;
  const found = { groups: [group], choice: [best] };
  return isHeldBack(best)
    ? { found, optimal: false, bound: mixes.least }
    : { found, optimal: eager.optimal, bound: eager.bound };
}

function proveEager(
  mixes: Mixes,
  known: Option | null,
  isFeasible: (option: Option) => boolean,
  isOver: () => boolean,
): { option: Option | null; optimal: boolean; bound: number } {
  const below = known?.cost ?? mixes.most;
  for (let bound = mixes.least; bound < below - tolerance; bound = Math.min(below, bound * step)) {
    for (const option of mixes.between(bound, Math.min(below, bound * step))) {
      if (isOver()) return { option: known, optimal: false, bound: option.cost };
      if (isFeasible(option)) return { option, optimal: true, bound: option.cost };
    }
  }
  return { option: known, optimal: true, bound: below };
}

class Mixes {
  readonly #context: SearchContext;
  /** By hardware type; those that do most for their price last. */
  readonly #types: readonly (readonly Kind[])[];
  /** Least price of an item per millisecond, of the types from each on. */
  readonly #rates: readonly number[];
  /** Items per millisecond that must be done. */
  readonly #load: number;

  constructor(context: SearchContext, { kinds }: SearchGroup) {
    const rateOf = (its: readonly Kind[]) => Math.min(...its.map(({ price, work }) => price * work));
    this.#context = context;
    this.#types = [...new Set(kinds.map(({ hardware }) => hardware))]
      .map(hardware => kinds.filter(kind => kind.hardware === hardware))
      .sort((a, b) => rateOf(b) - rateOf(a));
    this.#rates = this.#types.map((_, at) => Math.min(...this.#types.slice(at).map(rateOf)));
    this.#load =
      leeway.work * Math.max(...context.slo.map(objective => leastRate(context.samples, objective)));
  }

  /** What any mix costs at least, in US dollars per hour. */
  get least(): number {
    const prices = this.#types.flat().map(({ price }) => price);
    return roundCost(Math.max(Math.min(...prices), this.#load * this.#rates[0]!, tolerance));
  }

  /** More than any mix costs. */
  get most(): number {
    return 1 + this.#types.reduce((sum, [kind]) => sum + kind!.price * this.#top(kind!), 0);
  }

  /** Every mix that costs at least one cost and less than another, and can do the work; cheapest first. */
  between(from: number, below: number): Option[] {
    const mixes: Option[] = [];
    const extend = (type: number, pools: Option['pools'], cost: number, done: number) => {
      const missing = this.#load - done;
      if (missing <= 0 && pools.length > 0 && cost >= from - tolerance) mixes.push(optionOf(pools));
      for (let at = type; at < this.#types.length; at++) {
        // What is left buys less than what is missing.
        if (missing > 0 && cost + missing * this.#rates[at]! >= below - tolerance) return;
        for (const kind of this.#types[at]!) {
          for (let replicas = 1; replicas <= this.#top(kind); replicas++) {
            const sum = cost + kind.price * replicas;
            if (sum >= below - tolerance) break;
            extend(at + 1, [...pools, { kind, replicas }], sum, done + replicas / kind.work);
          }
        }
      }
    };
    extend(0, [], 0, 0);
    return mixes.sort((a, b) => a.cost - b.cost);
  }

  #top({ hardware }: Kind): number {
    const { options, limits } = this.#context;
    return Math.min(options.most, limits[hardware] ?? options.most);
  }
}

/**
 * The least rate, in queries per millisecond, at which one server that could split its work at will would be done in
 * time with all but the allowed share: queries that it can't be done with in time it leaves out (Moore & Hodgson 1968).
 */
function leastRate(samples: readonly Sample[], { percentile, limit }: Objective): number {
  const queries = samples.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  const allowed = allowedAbove(percentile, queries) * (1 + leeway.share) + leeway.queries;
  const missedAt = (rate: number) =>
    samples.reduce((sum, { arrivals }) => sum + missed(arrivals, 1 / rate, limit), 0);
  let low = 0;
  let high = 1 / limit;
  while (missedAt(high) > allowed) high *= 2;
  for (let round = 0; round < 12; round++) {
    const middle = (low + high) / 2;
    if (missedAt(middle) > allowed) low = middle;
    else high = middle;
  }
  return low;
}

function missed(arrivals: Float64Array, work: number, limit: number): number {
  let count = 0;
  let free = -Infinity;
  for (const arrival of arrivals) {
    const end = Math.max(free, arrival) + work;
    if (end - arrival > limit) count++;
    else free = end;
  }
  return count;
}
