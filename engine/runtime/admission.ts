/**
 * Whether a query is taken. Under overload the engine refuses at the door what it would have dropped later: it predicts
 * when the query would be answered, from the work that the queries in flight still bring and how fast replicas are done
 * with it, and learns from how its predictions come out how much to allow for their error (`Calibration`).
 *
 * After Clockwork (Gujarati et al., OSDI 2020), which refuses what it can predict to be late, and Nexus (Shen et al.,
 * SOSP 2019), which drops early. A query is counted at every group it has yet to pass, since the busiest of them, not
 * the first, is where it will wait.
 */
import { MillraceError } from '../../operators/index.ts';
import type { Forecast, Remaining } from '../../planner/index.ts';
import { Calibration } from './calibration.ts';
import { FairShare } from './fair-share.ts';
import type { Group } from './group.ts';
import { inMilliseconds, needs } from './lateness.ts';
import type { Layout } from './layout.ts';
import { Outstanding } from './outstanding.ts';
import type { Query } from './query.ts';

/** Milliseconds for which what is known of a group's speed is not worked out anew. */
const settled = 5;

/**
 * Of the time there is, the share that is kept for the answer's way to whoever asked, and what is kept at most, in
 * milliseconds: an answer that is ready only at the deadline is late for him.
 */
const delivery = { share: 0.03, most: 3 };

/** What an admission needs to see of the engine. */
export interface Running {
  readonly all: readonly Group[];
  readonly remaining: Remaining;
}

/** A group as the prediction sees it. */
interface Station {
  group: Group;
  stages: readonly { index: number; share: number }[];
  /** Milliseconds of a batch as they are now, and of a full one. */
  batch: number;
  /** Items per millisecond with full batches on every replica. */
  rate: number;
  /** Milliseconds before and after it, on the longest way. */
  before: number;
  after: number;
}

/** What a query asks for. */
export type Asked = Pick<Query, 'deadline' | 'priority' | 'client'>;

/** When a query would be answered, and what stands in the way. */
export interface Prediction {
  /** Milliseconds from now. */
  time: number;
  /** Of these, in the queues. */
  wait: number;
  /** The group that is waited for longest. */
  group: string;
}

export interface AdmissionOptions {
  layout: Layout;
  running: Running;
  forecast: Forecast | null;
  /** Milliseconds there usually are for a query. */
  usual: number;
}

export class Admission {
  readonly outstanding: Outstanding;
  readonly #layout: Layout;
  readonly #running: Running;
  readonly #calibration: Calibration;
  readonly #shares = new FairShare();
  #stations: Station[] = [];
  #next = -Infinity;

  constructor({ layout, running, forecast, usual }: AdmissionOptions) {
    this.#layout = layout;
    this.#running = running;
    this.#calibration = new Calibration(usual / 2);
    this.outstanding = new Outstanding(layout.stages.map(({ stage }) => forecast?.scaleOf(stage.name) ?? 1));
  }

  /**
   * When a query would be answered, on the engine's clock.
   * @throws MillraceError `overloaded` if that would be too late
   */
  admit({ deadline, priority, client }: Asked, now: number): number {
    const left = deadline - now;
    if (left === Infinity) return Infinity;
    this.#refuseImpossible(left);
    const prediction = this.predict(priority, now);
    // What finds the engine idle is always tried: predictions that keep all out would never be put right.
    if (prediction.wait > 0) this.#refuseLate(client, prediction, left, now);
    return now + prediction.time;
  }

  /** A query that was admitted begins. */
  begin(query: Query, now: number): void {
    this.outstanding.begin(query);
    if (query.client !== '') this.#shares.give(query.client, now);
  }

  /**
   * A query ended.
   * @param error why without an answer, if so
   * @param last whether no query is left
   */
  end(query: Query, now: number, error: MillraceError | null, last: boolean): void {
    this.outstanding.end(query, last);
    if (query.deadline === Infinity) return;
    if (error === null) this.#calibration.observe(now - query.expected, now);
    else if (error.code === 'deadline-exceeded') this.#calibration.observe(Infinity, now);
  }

  /** Forgets what it knows of groups that have changed. */
  changed(): void {
    this.#next = -Infinity;
  }

  predict(priority: number, now: number): Prediction {
    if (now >= this.#next) this.#settle(now);
    const prediction: Prediction = { time: 0, wait: 0, group: '' };
    for (const station of this.#stations) {
      const { group, stages, rate, before, after, batch } = station;
      let items = -group.progress(now);
      for (const { index, share } of stages) items += share * this.outstanding.ahead(index, priority);
      // Items that find an idle replica wait for nothing.
      const clear = rate > 0 && items > group.idle ? items / rate : 0;
      const time = Math.max(before, clear) + batch + after;
      const wait = Math.max(0, clear - before);
      if (wait > prediction.wait || prediction.group === '') {
        prediction.wait = wait;
        prediction.group = group.name;
      }
      if (time > prediction.time) prediction.time = time;
    }
    return prediction;
  }

  #refuseImpossible(left: number): void {
    const { from } = this.#running.remaining;
    for (let stage = 0; stage < from.length; stage++) {
      if (from[stage]! <= left) continue;
      const { name } = this.#layout.stages[stage]!.stage;
      throw new MillraceError('overloaded', needs(name, from[stage]!, left), { stage: name });
    }
  }

  #refuseLate(client: string, { time, wait, group }: Prediction, left: number, now: number): void {
    const allowed = (left - (time - wait)) * this.#shares.allowance(client, now);
    const way = Math.min(delivery.most, delivery.share * left);
    const expected = wait + this.#calibration.margin(now) + way;
    if (expected <= allowed) return;
    const after = Math.max(1, Math.ceil(expected - allowed));
    throw new MillraceError(
      'overloaded',
      `group "${group}" has ${inMilliseconds(wait)} of work before this query, which has ${inMilliseconds(left)} left and needs ${inMilliseconds(time - wait)} itself; try again in ${after} ms`,
    );
  }

  #settle(now: number): void {
    this.#next = now + settled;
    const groups = this.#running.all;
    const placeOf = new Map(
      groups.flatMap((group, place) => group.stages.map(stage => [stage, place] as const)),
    );
    this.#stations = groups.map(group => ({
      group,
      stages: group.stages.map(index => ({ index, share: group.shareOf(index) })),
      batch: group.expectedBatch(),
      rate: group.rate(),
      before: 0,
      after: 0,
    }));
    const { stages } = this.#layout;
    const time = (stage: number): number => {
      const station = this.#stations[placeOf.get(stage)!]!;
      return station.batch * station.group.shareOf(stage);
    };
    const [before, after] = [new Float64Array(stages.length), new Float64Array(stages.length)];
    for (const { index, dependents, followers } of stages) {
      for (const next of [...dependents, ...followers])
        before[next] = Math.max(before[next]!, before[index]! + time(index));
    }
    for (const { index, dependents, followers } of stages.toReversed()) {
      for (const next of [...dependents, ...followers])
        after[index] = Math.max(after[index]!, after[next]! + time(next));
    }
    for (const station of this.#stations) {
      const own = station.group.stages;
      station.before = Math.min(...own.map(stage => before[stage]!));
      station.after = Math.min(...own.map(stage => after[stage]!));
    }
  }
}
