/**
 * From one plan to cheaper ones that group the stages differently, run on other hardware, or mix it.
 *
 * Each step weighs what the options of each group add to the objective's percentile with all others as they are: of
 * the groups there are, and of those that neighbours would make together or a group apart. With these as weights,
 * choosing is a knapsack problem for each way to group, and the cheapest solution that does is where the next step
 * begins. Where nothing is cheaper, what costs the same and leaves more room may lead on.
 */
import { tolerance } from '../cost.ts';
import { costOfChoice, isWithinLimits } from './choice.ts';
import type { Candidate, SearchContext } from './context.ts';
import { busyReplicas } from './fewest-replicas.ts';
import { undominated, type Weighed } from './knapsack.ts';
import { optionOf, type Kind, type Option, type SearchGroup } from './option.ts';
import type { Regrouping } from './regroup.ts';
import type { Trial } from './trial.ts';
import { weighMixes, weighSingle, type Weighing } from './weigh.ts';

/** A group and its options, weighed. */
interface Class {
  group: SearchGroup;
  options: readonly Weighed<Option>[];
  /** Whether the plan that it was weighed in does not have that group yet. */
  isNew: boolean;
  /** The plan that an option was weighed in. */
  planWith(option: Option): Candidate;
}

/** Solutions tried around the cheapest that the weights say does. */
const strays = 4;
/** By how much a plan may miss the target on a part of the workload and still be tried on the whole. */
const nearly = 1.05;
const noticeable = 1e-4;

export class Descent {
  readonly #context: SearchContext;
  readonly #regrouping: Regrouping;
  readonly #guide: Trial;
  readonly #whole: Trial;
  /** The score on the part of the workload that the whole needs. */
  #target = 1;
  readonly #busy = new Map<Kind, number>();
  /** What a group was last, by its stages: where one is split in two, they start from that. */
  readonly #memory = new Map<string, Option>();
  /** Ways to group around the last plans from which nothing was cheaper. */
  #ways: (readonly Class[])[] = [];

  /** @param guide of a part of the workload, or of all of it */
  constructor(context: SearchContext, regrouping: Regrouping, guide: Trial, whole: Trial) {
    this.#context = context;
    this.#regrouping = regrouping;
    this.#guide = guide;
    this.#whole = whole;
  }

  /** The cheapest plan that steps from a feasible one lead to: itself at worst. */
  from(start: Candidate): Candidate {
    let best = start;
    this.#ways = [];
    let at = start;
    for (let sideways = 0; sideways <= 2 * at.groups.length && !this.#context.isOver();) {
      for (const [g, { stages }] of at.groups.entries()) this.#memory.set(String(stages), at.choice[g]!);
      const { cheaper, roomier } = this.#step(at);
      if (cheaper) {
        best = cheaper;
        sideways = 0;
        this.#ways = [];
      } else if (!roomier) break;
      else sideways++;
      at = cheaper ?? roomier!;
    }
    return best;
  }

  /**
   * Where the last descent ended: the cheapest plan for each other way to group, and for each hardware type of one
   * group, as far as the weights tell.
   * @param below only what costs less
   */
  around(below: number): Candidate[] {
    return this.#ways.flatMap(classes => {
      const [last, ...earlier] = classes.filter(({ isNew }) => isNew).toReversed();
      const open = last ? (earlier.length > 0 ? [] : [last]) : classes;
      const restricted = open.flatMap(one =>
        byHardware(one.options).map(options => classes.map(its => (its === one ? { ...one, options } : its))),
      );
      return [classes, ...restricted].flatMap(way => {
        const all = this.#solutions(way, below);
        return all[this.#firstThatDoes(all)] ?? [];
      });
    });
  }

  /** Whether a plan is feasible. */
  isFeasible(candidate: Candidate): boolean {
    return this.#guide.score(candidate) <= this.#target * nearly && this.#holds(candidate);
  }

  #step(at: Candidate): { cheaper: Candidate | null; roomier: Candidate | null } {
    const { mixed, fusion } = this.#context.options;
    const cost = costOfChoice(at.choice);
    const score = this.#guide.score(at);
    const classes: Class[] = [];
    // From the last group, so that what stands before each stays as it was worked out.
    for (let g = at.groups.length - 1; g >= 0; g--) {
      const current = { value: at.choice[g]!, cost: at.choice[g]!.cost, weight: score };
      const its = this.#weigh(cost, at.groups[g]!, without(at, [g]));
      classes[g] = { ...its, options: [...its.options, current] };
    }
    const ways = [classes];
    if (fusion) {
      const regrouped = [...this.#regrouping.unions(at.groups), ...this.#regrouping.splits(at.groups)];
      for (const { places, groups } of regrouped) {
        const kept = classes.filter((_, g) => !places.includes(g));
        const before = at.choice[places[0]!]!;
        ways.push([...kept, ...this.#weighRegrouped(cost, groups, without(at, places), before)]);
      }
    }
    const cheaper = this.#cheapest(ways, cost);
    if (cheaper) return { cheaper, roomier: null };
    if (mixed) {
      const mixes = classes.map((its, g) => this.#weigh(cost, its.group, without(at, [g]), its.options));
      const both = classes.map((its, g) => ({ ...its, options: [...its.options, ...mixes[g]!.options] }));
      ways.push(both);
      const mixedCheaper = this.#cheapest([both], cost);
      if (mixedCheaper) return { cheaper: mixedCheaper, roomier: null };
    }
    this.#ways.push(...ways);
    return { cheaper: null, roomier: this.#roomier(ways, cost, score) };
  }

  /**
   * Groups that take the place of others, each weighed with the other as it was last.
   * @param before what a group was that they are parts of
   */
  #weighRegrouped(cost: number, groups: readonly SearchGroup[], rest: Candidate, before: Option): Class[] {
    return groups.map(group => {
      const others = groups.filter(one => one !== group);
      const choice = others.map(other => this.#memory.get(String(other.stages)) ?? sameFor(other, before));
      const around = { groups: [...rest.groups, ...others], choice: [...rest.choice, ...choice] };
      return { ...this.#weigh(cost, group, around), isNew: true };
    });
  }

  /**
   * Weighs a group's options beside other groups.
   * @param singles its options with one pool, if it is to have pools of different hardware
   */
  #weigh(cost: number, group: SearchGroup, rest: Candidate, singles?: readonly Weighed<Option>[]): Class {
    const { slo, limits, options, isOver } = this.#context;
    const planWith = (option: Option) =>
      sorted({ groups: [...rest.groups, group], choice: [...rest.choice, option] });
    const least = rest.groups.reduce((sum, other) => sum + this.#leastCost(other), 0);
    const weighing: Weighing = {
      group,
      measure: option => {
        const plan = planWith(option);
        return this.#guide.try(plan, plan.groups.indexOf(group));
      },
      busy: kind => this.#busyOf(group, kind),
      top: ({ hardware }) => Math.min(options.most, limits[hardware] ?? options.most),
      below: cost - least + 2 * tolerance,
      isOver,
    };
    const wait = Math.min(...slo.map(({ limit }) => limit));
    const weighed = singles ? weighMixes(weighing, singles, this.#target, wait) : weighSingle(weighing);
    return { group, options: weighed, isNew: false, planWith };
  }

  /** The cheapest plan of several ways to group that costs less and is feasible. */
  #cheapest(ways: readonly (readonly Class[])[], below: number): Candidate | null {
    let best: Candidate | null = null;
    for (const classes of ways) {
      if (this.#context.isOver()) break;
      best = this.#cheapestOf(classes, best ? costOfChoice(best.choice) : below) ?? best;
    }
    return best;
  }

  #cheapestOf(classes: readonly Class[], below: number): Candidate | null {
    const all = this.#solutions(classes, below);
    const first = this.#firstThatDoes(all);
    // What was measured one by one does not just add up, nor is a part the whole: those around may do too, or instead.
    for (let at = Math.max(0, first - strays); at < Math.min(all.length, first + strays); at++) {
      if (this.#context.isOver()) return null;
      if (this.isFeasible(all[at]!)) return all[at]!;
    }
    return null;
  }

  /** Plans of which none is both cheaper and better than another as far as the weights tell, cheapest first. */
  #solutions(classes: readonly Class[], below: number): Candidate[] {
    if (classes.some(({ options }) => options.length === 0)) return [];
    const { limits } = this.#context;
    const groups = classes.map(({ group }) => group);
    const all = undominated(
      classes.map(({ options }) => options),
      below - tolerance,
    );
    return all
      .map(one => one.values())
      .filter(choice => costOfChoice(choice) < below - tolerance && isWithinLimits(choice, limits))
      .map(choice => sorted({ groups, choice }));
  }

  /** The first of such plans that meets the target, if they meet it from one on. */
  #firstThatDoes(all: readonly Candidate[]): number {
    let low = 0;
    let high = all.length;
    while (low < high && !this.#context.isOver()) {
      const middle = (low + high) >> 1;
      if (this.#guide.score(all[middle]!) <= this.#target) high = middle;
      else low = middle + 1;
    }
    return high;
  }

  /** Whether a plan is feasible on the whole workload. */
  #holds(candidate: Candidate): boolean {
    const { evaluator } = this.#context;
    const score = this.#whole === this.#guide ? this.#guide.score(candidate) : this.#whole.score(candidate);
    return score <= 1 && evaluator.isFeasible(candidate.groups, candidate.choice);
  }

  /** Of the plans one change away that cost the same, the one that leaves most room. */
  #roomier(ways: readonly (readonly Class[])[], cost: number, score: number): Candidate | null {
    const plans = [...new Set(ways.flat())].flatMap(({ options, planWith }) =>
      options.flatMap(({ value, weight }) =>
        weight < score - noticeable ? [{ plan: planWith(value), weight }] : [],
      ),
    );
    const equal = plans
      .filter(({ plan: { choice } }) => costOfChoice(choice) <= cost + tolerance)
      .sort((a, b) => a.weight - b.weight);
    const { limits } = this.#context;
    return equal.find(({ plan }) => isWithinLimits(plan.choice, limits) && this.#holds(plan))?.plan ?? null;
  }

  #leastCost(group: SearchGroup): number {
    return Math.min(
      ...group.kinds.map(kind => kind.price * Math.max(1, Math.ceil(this.#busyOf(group, kind)))),
    );
  }

  #busyOf(group: SearchGroup, kind: Kind): number {
    let busy = this.#busy.get(kind);
    if (busy === undefined) {
      busy = busyReplicas(group, kind, this.#context.samples, this.#context.slo);
      this.#busy.set(kind, busy);
    }
    return busy;
  }
}

/** Options by the hardware types they take. */
function byHardware(options: readonly Weighed<Option>[]): Weighed<Option>[][] {
  const found = new Map<string, Weighed<Option>[]>();
  for (const one of options) {
    const key = hardwareOf(one.value);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

function hardwareOf({ pools }: Option): string {
  return pools.map(({ kind }) => kind.hardware).join();
}

/** An option's pools for a group of some of the stages. */
function sameFor({ kinds }: SearchGroup, { pools }: Option): Option {
  return optionOf(
    pools.map(({ kind: { hardware, batch }, replicas }) => {
      const able = kinds.filter(kind => kind.hardware === hardware && kind.batch <= batch);
      return { kind: able.at(-1)!, replicas };
    }),
  );
}

function without({ groups, choice }: Candidate, places: readonly number[]): Candidate {
  const isKept = (_: unknown, g: number) => !places.includes(g);
  return { groups: groups.filter(isKept), choice: choice.filter(isKept) };
}

/** Groups in the order of their first stages. */
function sorted({ groups, choice }: Candidate): Candidate {
  const order = [...groups.keys()].sort((a, b) => groups[a]!.indices[0]! - groups[b]!.indices[0]!);
  return { groups: order.map(g => groups[g]!), choice: order.map(g => choice[g]!) };
}
