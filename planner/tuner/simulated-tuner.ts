/** The tuner in virtual time: what it sees of a simulation, and what it changes there. */
import type { Group } from '../../pipelines/index.ts';
import type { Change, Controller, Scaling } from '../simulation/control.ts';
import type { ServiceTimes } from '../simulation/deployment.ts';
import { suits } from '../simulation/suits.ts';
import { deploy, type System } from '../system.ts';
import { plannedReplicas, type Replicas } from './allot.ts';
import { CostMeter, hourlyCost } from './cost-meter.ts';
import { fastestFirst } from './fastest-first.ts';
import { observed, type PlanOrder } from './observed.ts';
import { newPlanOf, planningAnew, tellInVain, type Answer, type NewPlan } from './plan-anew.ts';
import { provisionOf, type Provision } from './provision.ts';
import type { Tuned, TunerMode } from './tuned.ts';
import { Tuner, tunerInterval, type TunerDecision } from './tuner.ts';

export interface SimulatedTunerOptions {
  mode: TunerMode;
  /** Milliseconds from asking for a replica until it takes work. */
  startUp: number;
  /** Most replicas of a pool. */
  most: number;
  /** Finds other plans. */
  search(order: PlanOrder): Answer;
}

export interface SimulatedDecision extends TunerDecision {
  /** Those of the plan that runs from now on, where it is another. */
  groups?: readonly Group[];
}

/** Another plan that is being put in place. */
interface Coming {
  /** When it runs. */
  time: number;
  tuned: Tuned;
  provision: Provision;
  reason: string;
}

export class SimulatedTuner implements Controller {
  readonly most: number;
  readonly decisions: SimulatedDecision[] = [];
  readonly cost: CostMeter;
  readonly #options: SimulatedTunerOptions;
  /** Stages take as long as its profiles say, whatever another plan is made from. */
  readonly #system: System;
  #tuned: Tuned;
  #tuner: Tuner;
  /** As profiled, by hardware type and number of the stage. */
  #times = new Map<string, readonly ServiceTimes[]>();
  #tick = tunerInterval;
  #next = tunerInterval;
  /** When the change that is under way is made; NaN: none is. */
  #changing = NaN;
  /** What is being searched for, and when that is over. */
  #search: { over: number; plan: NewPlan } | null = null;
  #coming: Coming | null = null;

  /** @param tuned its plan's pools fastest first */
  constructor(tuned: Tuned, options: SimulatedTunerOptions) {
    this.most = options.most;
    this.#options = options;
    this.#system = tuned.system;
    this.#tuned = tuned;
    this.#tuner = new Tuner(provisionOf(tuned), { start: 0, most: this.most });
    this.cost = new CostMeter(this.#hourly, 0);
  }

  get next(): number {
    return this.#next;
  }

  arrived(now: number): void {
    this.#tuner.arrive(now);
  }

  answered(now: number, items: ArrayLike<number>): void {
    this.#tuner.traffic.answer(now, items);
  }

  ran(now: number, stage: number, hardware: string, items: number, took: number): void {
    this.#tuner.traffic.ran(now, stage, took, this.#timesOn(hardware)[stage]!.mean(items));
  }

  look(now: number): readonly Change[] {
    const changes: Change[] = [];
    if (now >= this.#changing) {
      this.#tuner.changed(this.#changing);
      this.#changing = NaN;
    }
    if (this.#search && now >= this.#search.over) changes.push(...this.#replace(this.#search.plan, now));
    if (this.#coming && now >= this.#coming.time) this.#begin(this.#coming);
    if (now >= this.#tick) {
      this.#tick = now + tunerInterval;
      // What was decided while another plan is put in place would be of the one before.
      if (!this.#coming) changes.push(...this.#decide(now));
    }
    this.#next = Math.min(this.#tick, this.#search?.over ?? Infinity, this.#coming?.time ?? Infinity);
    return changes;
  }

  /** US dollars of what runs, or is on its way to. */
  get #hourly(): number {
    return hourlyCost(this.#tuner.provision, this.#tuner.replicas);
  }

  #decide(now: number): readonly Change[] {
    const before = this.#tuner.replicas;
    const decision = this.#tuner.decide(now);
    if (!decision) return [];
    this.decisions.push(decision);
    if (decision.kind === 'drift' && this.#options.mode === 'replan' && !this.#search) this.#planAnew(now);
    if (!decision.replicas) return [];
    this.cost.change(this.#hourly, now);
    // As in the engine, a change is made at one moment, once all that is new has started.
    const grows = decision.kind === 'raise';
    const time = grows ? now + this.#options.startUp : now;
    if (time > now) this.#changing = time;
    else this.#tuner.changed(now);
    return scalingsOf(before, decision.replicas, time);
  }

  /** Searches now for what is there once a search would be over. */
  #planAnew(now: number): void {
    const order = observed(this.#tuned, this.#tuner.provision, this.#tuner.traffic.at(now));
    const plan = newPlanOf(order, this.#options.search(order));
    this.#search = { over: now + planningAnew.budget, plan };
  }

  #replace(plan: NewPlan, now: number): readonly Change[] {
    this.#search = null;
    if ('obstacle' in plan) {
      const reason = tellInVain(plan.obstacle);
      this.decisions.push({ at: now, kind: 'failed', replicas: null, reason });
      this.#tuner.watchAgain(now + planningAnew.patience);
      return [];
    }
    const groups = fastestFirst(this.#system, plan.tuned.plan.groups);
    const tuned = { ...plan.tuned, plan: { ...plan.tuned.plan, groups } };
    const started = missingOf(this.#system, groups, this.#tuned.plan.groups, this.#tuner.replicas);
    const starts = started.some(pools => pools.some(count => count > 0));
    // As in the engine, the change that is under way is made first.
    const from = this.#changing > now ? this.#changing : now;
    const time = starts ? from + this.#options.startUp : from;
    const provision = provisionOf(tuned);
    this.cost.change(this.#hourly + hourlyCost(provision, started), now);
    this.#coming = { time, tuned, provision, reason: plan.reason };
    return [{ time, groups: deploy(this.#system, groups).groups }];
  }

  /** Another plan runs from now on. */
  #begin({ time, tuned, provision, reason }: Coming): void {
    this.#coming = null;
    this.#changing = NaN;
    this.#tuned = tuned;
    this.#tuner = new Tuner(provision, { start: time, most: this.most });
    this.#times = new Map();
    this.cost.change(this.#hourly, time);
    const replicas = plannedReplicas(provision);
    this.decisions.push({ at: time, kind: 'replan', replicas, reason, groups: tuned.plan.groups });
  }

  #timesOn(hardware: string): readonly ServiceTimes[] {
    let times = this.#times.get(hardware);
    if (!times) {
      const { structure, timesOf } = this.#tuned.system;
      times = structure.stages.map(({ name }) => timesOf(name, hardware)!);
      this.#times.set(hardware, times);
    }
    return times;
  }
}

function scalingsOf(from: Replicas, to: Replicas, time: number): Scaling[] {
  return to.flatMap((pools, group) =>
    pools.flatMap((count, pool): Scaling[] => {
      const change = count - from[group]![pool]!;
      return change === 0 ? [] : [{ time, group, pool, change }];
    }),
  );
}

/** Replicas that groups lack of those that there are, of which a group of the same stages keeps what does for it. */
function missingOf(
  { pipeline }: System,
  groups: readonly Group[],
  before: readonly Group[],
  replicas: Replicas,
): Replicas {
  return groups.map(({ stages, pools }) => {
    const members = pipeline.stages.filter(({ name }) => stages.includes(name));
    const kept = before.findIndex(group => isSameSet(group.stages, stages));
    return pools.map(pool => {
      const its = before[kept]?.pools.findIndex(from => suits(from, pool, members)) ?? -1;
      return Math.max(0, pool.replicas - (replicas[kept]?.[its] ?? 0));
    });
  });
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(name => b.includes(name));
}
