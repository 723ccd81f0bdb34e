/**
 * The tuner: watches what arrives, and decides how many replicas each group gets. It is a state machine without a clock,
 * so that the engine runs it in real time and the estimator in virtual time.
 *
 * After InferLine (Crankshaw et al., SoCC 2020, section 5). Where more queries came within some window than the plan's
 * own envelope has, replicas are raised at once (`need.ts` says to how many). They are lowered only while the envelope
 * holds, to what was needed at most within the last minute.
 */
import { allot, capacityOf, fewest, plannedReplicas, type Replicas } from './allot.ts';
import { driftOf, workNow } from './drift.ts';
import { ArrivalEnvelope } from './envelope.ts';
import { isBroken, needAtRest, needBroken, type Need } from './need.ts';
import { throughputOf, type Provision } from './provision.ts';
import { RecentTraffic } from './traffic.ts';
import { tellDrift, tellLimit, tellLowered, tellRaised } from './words.ts';

/** Milliseconds between two decisions. */
export const tunerInterval = 250;

/** Unless told otherwise: most replicas of a pool, as of a search. */
export const tunerLimits = { replicas: 64 } as const;

/** Milliseconds for which nothing must have asked for replicas that are taken away. */
const calm = 60_000;
/** Milliseconds after any change before replicas are taken away: InferLine's. */
const settling = 15_000;
/** Milliseconds after a change that failed before the next is tried. */
const pause = 5000;
/** Milliseconds for which a drift must last to be one. */
const lasting = 30_000;

/**
 * What a decision can be. The tuner makes the first four; who follows them makes the others: `replan` where another plan
 * runs, and `failed` where one could not be carried out.
 */
export const decisionKinds = ['raise', 'lower', 'limit', 'drift', 'replan', 'failed'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

export interface TunerDecision {
  /** On the clock of who asks, in milliseconds. */
  at: number;
  kind: DecisionKind;
  /** What is to run from now on, by group and pool of the plan; null: what runs already. */
  replicas: Replicas | null;
  /** Why, with numbers. */
  reason: string;
}

export interface TunerOptions {
  /** When it begins, in milliseconds. */
  start: number;
  /** Most replicas of a pool. */
  most?: number;
}

export class Tuner {
  readonly provision: Provision;
  readonly traffic: RecentTraffic;
  readonly #envelope: ArrivalEnvelope;
  readonly #most: number;
  readonly #start: number;
  /** What runs, or is on its way to. */
  #replicas: Replicas;
  /** What ran before, while a change is on its way. */
  #before: Replicas | null = null;
  /** Nothing is taken away before this, and nothing is changed before that. */
  #lowerFrom: number;
  #changeFrom = -Infinity;
  /** What each group needed lately, in the order of time. */
  #needs: { at: number; capacities: Float64Array }[] = [];
  #isShort = false;
  #driftSince = NaN;

  constructor(provision: Provision, { start, most = tunerLimits.replicas }: TunerOptions) {
    this.provision = provision;
    this.traffic = new RecentTraffic(provision.stages.length);
    this.#envelope = new ArrivalEnvelope(provision.windows);
    this.#most = most;
    this.#start = start;
    this.#lowerFrom = start + settling;
    this.#replicas = plannedReplicas(provision);
  }

  /** What runs, or is on its way to. */
  get replicas(): Replicas {
    return this.#replicas;
  }

  /** A query came. */
  arrive(now: number): void {
    this.#envelope.arrive(now);
    this.traffic.arrive(now);
  }

  /** The change that was decided last is made. */
  changed(now: number): void {
    this.#before = null;
    this.#lowerFrom = now + settling;
  }

  /** The change that was decided last could not be made: all is as it was before. */
  failed(now: number): void {
    this.#replicas = this.#before ?? this.#replicas;
    this.#before = null;
    this.#changeFrom = now + pause;
  }

  /** Says of a drift again, if it is still there then. */
  watchAgain(from: number): void {
    this.#driftSince = from;
  }

  /**
   * Decides what to do now; to be asked every `tunerInterval`. Where it decides on other replicas, it is to be told of
   * their start by `changed` or `failed`, and decides on no others until then.
   */
  decide(now: number): TunerDecision | null {
    const { provision } = this;
    const counts = this.#envelope.take(now);
    const broken = isBroken(provision, counts);
    const needs = provision.groups.map(group =>
      broken ? needBroken(group, provision, counts) : needAtRest(group, provision, counts),
    );
    this.#remember(now, needs);
    if (this.#before || now < this.#changeFrom) return null;
    const throughput = this.#throughput(now);
    return (
      this.#raise(now, needs, throughput, counts) ??
      (broken ? null : this.#lower(now, throughput)) ??
      this.#drift(now)
    );
  }

  #raise(
    now: number,
    needs: readonly Need[],
    throughput: readonly (readonly number[])[],
    counts: Float64Array,
  ): TunerDecision | null {
    const { provision } = this;
    const { replicas, short } = allot(provision, {
      throughput,
      needs: needs.map(({ capacity }) => capacity),
      from: this.#replicas,
      most: this.#most,
    });
    const wasShort = this.#isShort;
    this.#isShort = short.length > 0;
    const change = { provision, from: this.#replicas, to: replicas, throughput };
    if (isSame(replicas, this.#replicas)) {
      if (!this.#isShort || wasShort) return null;
      return { at: now, kind: 'limit', replicas: null, reason: tellLimit(change, needs, short) };
    }
    const limit = this.#isShort ? [tellLimit(change, needs, short)] : [];
    const reason = [tellRaised(change, needs, counts), ...limit].join('; ');
    return this.#change(now, 'raise', replicas, reason);
  }

  #lower(now: number, throughput: readonly (readonly number[])[]): TunerDecision | null {
    if (now < this.#lowerFrom || now < this.#start + calm) return null;
    const needs = this.#needs.reduce(
      (most, { capacities }) => most.map((need, g) => Math.max(need, capacities[g]!)),
      new Float64Array(this.provision.groups.length),
    );
    const { replicas } = allot(this.provision, {
      throughput,
      needs,
      from: fewest(this.provision),
      most: this.#most,
    });
    const lower = replicas.map((pools, g) =>
      pools.map((count, p) => Math.min(count, this.#replicas[g]![p]!)),
    );
    const enough = lower.every(
      (pools, g) =>
        isSame([pools], [this.#replicas[g]!]) || capacityOf(pools, throughput[g]!) >= needs[g]! * (1 - 1e-9),
    );
    if (!enough || isSame(lower, this.#replicas)) return null;
    const change = { provision: this.provision, from: this.#replicas, to: lower, throughput };
    return this.#change(now, 'lower', lower, tellLowered(change, needs, calm));
  }

  #change(now: number, kind: DecisionKind, replicas: Replicas, reason: string): TunerDecision {
    this.#before = this.#replicas;
    this.#replicas = replicas;
    return { at: now, kind, replicas, reason };
  }

  /** Says once that something is not as planned, when that has lasted. */
  #drift(now: number): TunerDecision | null {
    const found = driftOf(this.provision, this.traffic.at(now));
    if (found.length === 0) {
      this.#driftSince = NaN;
      return null;
    }
    if (Number.isNaN(this.#driftSince)) this.#driftSince = now;
    if (now < this.#driftSince + lasting) return null;
    this.#driftSince = Infinity;
    return { at: now, kind: 'drift', replicas: null, reason: tellDrift(found) };
  }

  #remember(now: number, needs: readonly Need[]): void {
    this.#needs.push({ at: now, capacities: Float64Array.from(needs, ({ capacity }) => capacity) });
    while (this.#needs[0]!.at < now - calm) this.#needs.shift();
  }

  /** Queries per second of one replica, by group and pool, as things are now. */
  #throughput(now: number): number[][] {
    const { scales, slower } = workNow(this.provision, this.traffic.at(now));
    return this.provision.groups.map(({ pools, stages }) =>
      pools.map(pool => throughputOf(pool, stages, scales, slower)),
    );
  }
}

function isSame(a: Replicas, b: Replicas): boolean {
  return a.every((pools, g) => pools.every((count, p) => count === b[g]![p]));
}
