/** The tuner in virtual time: what it sees of a simulation, and what it changes there. */
import type { Controller, Scaling } from '../simulation/control.ts';
import type { ServiceTimes } from '../simulation/deployment.ts';
import type { System } from '../system.ts';
import type { Replicas } from './allot.ts';
import { CostMeter, hourlyCost } from './cost-meter.ts';
import type { Provision } from './provision.ts';
import { Tuner, tunerInterval, type TunerDecision } from './tuner.ts';

export interface SimulatedTunerOptions {
  /** Milliseconds from asking for a replica until it takes work. */
  startUp: number;
  /** Most replicas of a pool. */
  most: number;
}

export class SimulatedTuner implements Controller {
  readonly most: number;
  readonly decisions: TunerDecision[] = [];
  readonly cost: CostMeter;
  readonly #tuner: Tuner;
  readonly #startUp: number;
  readonly #system: System;
  /** As profiled, by hardware type and number of the stage. */
  readonly #times = new Map<string, readonly ServiceTimes[]>();
  /** When the change that is under way is made; NaN: none is. */
  #changing = NaN;
  #next = tunerInterval;

  constructor(system: System, provision: Provision, { startUp, most }: SimulatedTunerOptions) {
    this.#system = system;
    this.most = most;
    this.#startUp = startUp;
    this.#tuner = new Tuner(provision, { start: 0, most });
    this.cost = new CostMeter(hourlyCost(provision, this.#tuner.replicas), 0);
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

  look(now: number): readonly Scaling[] {
    this.#next = now + tunerInterval;
    if (now >= this.#changing) {
      this.#tuner.changed(this.#changing);
      this.#changing = NaN;
    }
    const before = this.#tuner.replicas;
    const decision = this.#tuner.decide(now);
    if (!decision) return [];
    this.decisions.push(decision);
    if (!decision.replicas) return [];
    this.cost.change(hourlyCost(this.#tuner.provision, decision.replicas), now);
    // As in the engine, a change is made at one moment, once all that is new has started.
    const grows = decision.kind === 'raise';
    const time = grows ? now + this.#startUp : now;
    if (time > now) this.#changing = time;
    else this.#tuner.changed(now);
    return scalingsOf(before, decision.replicas, time);
  }

  #timesOn(hardware: string): readonly ServiceTimes[] {
    let times = this.#times.get(hardware);
    if (!times) {
      const { structure, timesOf } = this.#system;
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
