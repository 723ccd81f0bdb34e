/** The tuner of a running engine: counts what the engine sees, asks for decisions, and has the engine make them. */
import type { Group, Plan } from '../../pipelines/index.ts';
import {
  CostMeter,
  hourlyCost,
  observed,
  plannedReplicas,
  planningAnew,
  provisionOf,
  tellInVain,
  Tuner,
  tunerInterval,
  type DecisionKind,
  type Provision,
  type Replicas,
  type Tuned,
  type TunerDecision,
  type TunerMode,
} from '../../planner/index.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import type { Deployment } from '../runtime/deployment.ts';
import type { Engine } from '../runtime/engine.ts';
import type { EngineEvents, StageBatch } from '../runtime/events.ts';
import type { StageTimes } from '../runtime/query.ts';
import type { PlanAnew } from './plan-anew.ts';

/** Decisions that are kept. */
const kept = 50;

/** A decision as people are shown it. */
export interface KeptDecision {
  /** Milliseconds since the epoch. */
  at: number;
  kind: DecisionKind;
  reason: string;
}

export interface EngineTunerOptions extends Tuned {
  mode: TunerMode;
  /** A plan's groups as the engine runs them. */
  deploy(groups: readonly Group[]): Deployment;
  planAnew: PlanAnew;
  clock?: Clock;
  /** Milliseconds since the epoch. */
  epoch?: () => number;
  /** Is told of every decision. */
  log?: { info(fields: object, message: string): void };
}

export class EngineTuner implements EngineEvents {
  readonly mode: TunerMode;
  /** How many decisions there were of each kind. */
  readonly counts = new Map<DecisionKind, number>();
  readonly #options: EngineTunerOptions;
  readonly #clock: Clock;
  readonly #epoch: () => number;
  readonly #decisions: KeptDecision[] = [];
  readonly #ended = new AbortController();
  #tuned: Tuned;
  #tuner: Tuner;
  #cost: CostMeter;
  #engine: Pick<Engine, 'apply'> | null = null;
  #stopTimer: () => void = () => undefined;
  #planning = false;
  /** Another plan is being put in place: what is decided meanwhile would be of the one before. */
  #replacing = false;

  constructor(options: EngineTunerOptions) {
    const { mode, clock = realClock, epoch = Date.now } = options;
    this.mode = mode;
    this.#options = options;
    this.#clock = clock;
    this.#epoch = epoch;
    this.#tuned = options;
    [this.#tuner, this.#cost] = begin(provisionOf(options), clock.now());
  }

  /** The plan that it goes by. */
  get plan(): Plan {
    return this.#tuned.plan;
  }

  /** The last decisions, oldest first. */
  get decisions(): readonly KeptDecision[] {
    return this.#decisions;
  }

  /** US dollars per hour of all replicas, on average since the plan that it goes by was made. */
  get cost(): number {
    return this.#cost.mean(this.#clock.now());
  }

  arrived(now: number): void {
    this.#tuner.arrive(now);
  }

  answered(stages: readonly StageTimes[]): void {
    const items = stages.map(stage => stage.items);
    this.#tuner.traffic.answer(this.#clock.now(), items);
  }

  stageDone({ stage, hardware, service, waited }: StageBatch): void {
    const { system } = this.#tuned;
    const times = system.timesOf(stage, hardware);
    const place = system.structure.stages.findIndex(({ name }) => name === stage);
    if (!times || waited.length > times.largest) return;
    this.#tuner.traffic.ran(this.#clock.now(), place, service, times.mean(waited.length));
  }

  /** Begins to change this engine, which runs the plan. */
  attach(engine: Pick<Engine, 'apply'>): void {
    this.#engine = engine;
    [this.#tuner, this.#cost] = begin(this.#tuner.provision, this.#clock.now());
    this.#await();
  }

  /** Decides nothing more. A change that is under way is made. */
  close(): void {
    this.#ended.abort();
    this.#stopTimer();
  }

  #await(): void {
    this.#stopTimer = this.#clock.at(this.#clock.now() + tunerInterval, () => {
      this.#await();
      if (this.#replacing) return;
      const decision = this.#tuner.decide(this.#clock.now());
      if (decision) this.#follow(decision);
    });
  }

  #follow({ kind, reason, replicas }: TunerDecision): void {
    this.#keep(kind, reason);
    if (replicas) void this.#scale(replicas);
    if (kind === 'drift' && this.mode === 'replan' && !this.#planning) void this.#planAnew();
  }

  async #scale(replicas: Replicas): Promise<void> {
    const [tuner, cost] = [this.#tuner, this.#cost];
    cost.change(hourlyCost(tuner.provision, replicas), this.#clock.now());
    try {
      await this.#engine!.apply(this.#options.deploy(withReplicas(this.plan.groups, replicas)));
      tuner.changed(this.#clock.now());
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      tuner.failed(this.#clock.now());
      cost.change(hourlyCost(tuner.provision, tuner.replicas), this.#clock.now());
      this.#keep('failed', `the change could not be made: ${messageOf(error)}`);
    }
  }

  async #planAnew(): Promise<void> {
    const [before, { signal }] = [this.#tuner, this.#ended];
    this.#planning = true;
    try {
      const traffic = before.traffic.at(this.#clock.now());
      const order = observed(this.#tuned, before.provision, traffic);
      const found = await this.#options.planAnew(order, signal);
      if (signal.aborted) return;
      if ('obstacle' in found) throw new Error(found.obstacle);
      this.#replacing = true;
      await this.#engine!.apply(this.#options.deploy(found.tuned.plan.groups));
      this.#tuned = found.tuned;
      [this.#tuner, this.#cost] = begin(provisionOf(found.tuned), this.#clock.now());
      this.#keep('replan', found.reason);
    } catch (error) {
      if (signal.aborted) return;
      this.#keep('failed', tellInVain(messageOf(error)));
      before.watchAgain(this.#clock.now() + planningAnew.patience);
    } finally {
      this.#planning = false;
      this.#replacing = false;
    }
  }

  #keep(kind: DecisionKind, reason: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.#decisions.push({ at: this.#epoch(), kind, reason });
    if (this.#decisions.length > kept) this.#decisions.shift();
    this.#options.log?.info({ pipeline: this.plan.pipeline, kind, reason }, 'the tuner decided');
  }
}

/** A tuner of what is provided from now on, and the meter of its cost. */
function begin(provision: Provision, now: number): [Tuner, CostMeter] {
  const hourly = hourlyCost(provision, plannedReplicas(provision));
  return [new Tuner(provision, { start: now }), new CostMeter(hourly, now)];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A plan's groups with other numbers of replicas. */
function withReplicas(groups: readonly Group[], replicas: Replicas): Group[] {
  return groups.map((group, g) => ({
    ...group,
    pools: group.pools.map((pool, p) => ({ ...pool, replicas: replicas[g]![p]! })),
  }));
}
