/** Provisions put together by hand, and traffic for tuners. */
import * as fc from 'fast-check';
import { gammaArrivals } from '../../../planner/index.ts';
import { envelopeOf, envelopeWindows } from '../../../planner/tuner/envelope.ts';
import type { ProvidedGroup, ProvidedPool, Provision } from '../../../planner/tuner/provision.ts';
import { slackOf, throughputOf } from '../../../planner/tuner/provision.ts';
import { tunerInterval, type Tuner, type TunerDecision } from '../../../planner/tuner/tuner.ts';

export interface Given {
  /** Of the plan. */
  rate: number;
  cv: number;
  /** A group each: its pools' replicas, milliseconds per item, and price. */
  groups: readonly (readonly { replicas: number; time: number; price?: number; hardware?: string }[])[];
  limits?: Readonly<Record<string, number>>;
  hosts?: Provision['hosts'];
}

/** One stage per group, one item per query. */
export function provisionFor({ rate, cv, groups, limits = {}, hosts = [] }: Given): Provision {
  const windows = envelopeWindows(groups.reduce((sum, [pool]) => sum + pool!.time, 0));
  const envelope = envelopeOf(gammaArrivals(rate, cv, 10_000, 1), windows);
  const provided = groups.map((given, g): ProvidedGroup => {
    const pools = given.map(({ replicas, time, price = 1, hardware = 'cpu' }): ProvidedPool => ({
      hardware,
      replicas,
      threads: 1,
      price,
      perItem: [time],
    }));
    const capacity = pools.reduce((sum, pool) => sum + pool.replicas * throughputOf(pool, [0], [1]), 0);
    return { name: `s${g}`, stages: [g], pools, capacity };
  });
  return {
    stages: groups.map((_, g) => ({ name: `s${g}`, scale: 1 })),
    groups: provided,
    windows,
    envelope,
    slack: slackOf(windows, envelope, provided),
    rate,
    cv,
    limits,
    hosts,
  };
}

/** Two groups that hold 40 queries/s with room to spare: of one pool, and of two. */
export const usual: Given = {
  rate: 40,
  cv: 1,
  groups: [
    [{ replicas: 2, time: 30 }],
    [
      { replicas: 1, time: 10, price: 5, hardware: 't4' },
      { replicas: 1, time: 60 },
    ],
  ],
};

/** Asks a tuner through all these arrivals, every change made at once. */
export function follow(
  tuner: Tuner,
  arrivals: ArrayLike<number>,
  until: number,
  seen: (decision: TunerDecision | null, now: number) => void = () => undefined,
): TunerDecision[] {
  const decisions: TunerDecision[] = [];
  let next = 0;
  for (let now = tunerInterval; now <= until; now += tunerInterval) {
    while (next < arrivals.length && arrivals[next]! <= now) tuner.arrive(arrivals[next++]!);
    const decision = tuner.decide(now);
    if (decision) decisions.push(decision);
    if (decision?.replicas) tuner.changed(now);
    seen(decision, now);
  }
  return decisions;
}

/** Arrivals whose rate and CV change from part to part. */
export const traffic = fc
  .array(
    fc.record({
      rate: fc.constantFrom(1, 10, 40, 80, 200),
      cv: fc.constantFrom(0, 1, 4),
      seconds: fc.integer({ min: 1, max: 60 }),
      seed: fc.nat(1000),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map(parts => {
    let start = 0;
    const arrivals = parts.flatMap(({ rate, cv, seconds, seed }) => {
      const drawn = gammaArrivals(rate, cv, 2 * rate * seconds + 10, seed);
      const own = [...drawn].filter(at => at < 1000 * seconds).map(at => at + start);
      start += 1000 * seconds;
      return own;
    });
    return { arrivals, end: start + 120_000 };
  });
