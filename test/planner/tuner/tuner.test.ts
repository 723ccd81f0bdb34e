import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gammaArrivals } from '../../../planner/index.ts';
import type { Replicas } from '../../../planner/tuner/allot.ts';
import { ArrivalEnvelope } from '../../../planner/tuner/envelope.ts';
import { isBroken } from '../../../planner/tuner/need.ts';
import { Tuner } from '../../../planner/tuner/tuner.ts';
import { follow, provisionFor, traffic, usual } from './provisions.ts';

const replicasOf = (replicas: Replicas) => replicas.map(pools => [...pools]);
const total = (replicas: Replicas) => replicas.flat().reduce((sum, count) => sum + count, 0);

/** Arrivals at a steady rate from one moment on, in milliseconds. */
const steadily = (rate: number, from: number, seconds: number, cv = 0): number[] =>
  [...gammaArrivals(rate, cv, 2 * rate * seconds, 3)].filter(at => at < 1000 * seconds).map(at => from + at);

/** As planned for a minute, then three times as many for some seconds. */
const tripled = (seconds: number): number[] => [...steadily(40, 0, 60, 1), ...steadily(120, 60_000, seconds)];

describe('a tuner', () => {
  it('leaves the plan as it is while what comes is what it is made for', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    expect(follow(tuner, gammaArrivals(40, 1, 8000, 1), 200_000)).toEqual([]);
  });

  it('raises at once where the rate triples, to what the rate takes', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    const decisions = follow(tuner, tripled(20), 80_000);
    expect(decisions[0]).toMatchObject({ kind: 'raise' });
    expect(decisions[0]!.at).toBeLessThan(62_000);
    expect(decisions.every(({ kind }) => kind === 'raise')).toBe(true);
    // Each does 33.3 queries/s; three times the replicas would be used no more than those planned are.
    expect(tuner.replicas[0]![0]).toBeGreaterThan(120 / 33.3);
    expect(tuner.replicas[0]![0]).toBeLessThanOrEqual(6);
  });

  it('says why, with the numbers of the rule', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    const [first] = follow(tuner, tripled(20), 80_000);
    expect(first!.reason).toMatch(
      /^s0 cpu 2 → \d: \d+ queries within [\d.]+ m?s, planned \d+; r·s \/ \(μ·ρ\) = [\d.]+·1 \/ \(33.3·[\d.]+\)/,
    );
  });

  it('adds the replicas that do most for their price', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    follow(tuner, tripled(20), 80_000);
    // A t4 does 100 queries/s for 5, a processor 16.7 for 1.
    const [t4, cpu] = tuner.replicas[1]!;
    expect([t4! > 1, cpu]).toEqual([true, 1]);
  });

  it('lowers to the plan once the traffic has been calm, and not before', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    const arrivals = [...tripled(20), ...steadily(40, 80_000, 300)];
    const lowered = follow(tuner, arrivals, 380_000).filter(({ kind }) => kind === 'lower');
    expect(lowered.length).toBeGreaterThan(0);
    expect(lowered[0]!.at).toBeGreaterThan(139_000);
    expect(total(tuner.replicas)).toBeLessThanOrEqual(4);
  });

  it('lowers below the plan where nothing comes, but to one replica of each pool', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    follow(tuner, [], 120_000);
    expect(replicasOf(tuner.replicas)).toEqual([[1], [1, 1]]);
  });

  it('takes back what could not be changed, and tries again only later', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    for (const at of steadily(120, 0, 10)) tuner.arrive(at);
    const first = tuner.decide(10_000);
    expect(first).toMatchObject({ kind: 'raise' });
    expect(tuner.decide(10_250)).toBeNull();
    tuner.failed(10_500);
    expect(replicasOf(tuner.replicas)).toEqual([[2], [1, 1]]);
    expect(tuner.decide(15_250)).toBeNull();
    expect(tuner.decide(15_500)).toMatchObject({ kind: 'raise' });
  });

  it('says once that the limits are reached', () => {
    const provision = provisionFor({ ...usual, limits: { cpu: 4, t4: 1 } });
    const tuner = new Tuner(provision, { start: 0 });
    const decisions = follow(tuner, steadily(400, 0, 60), 60_000);
    const limited = decisions.filter(({ reason }) => reason.includes('the limits of the hardware'));
    expect(limited).toHaveLength(1);
    expect(limited[0]!.reason).toMatch(
      /the limits of the hardware let no more replicas start: s0 needs [\d.]+ queries\/s, it does [\d.]+/,
    );
  });

  it('says once that what is seen has come away from the plan', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    const drifts = follow(tuner, steadily(20, 0, 200, 4), 200_000).filter(({ kind }) => kind === 'drift');
    expect(drifts).toHaveLength(1);
    expect(drifts[0]!.reason).toMatch(/^away from the plan: [\d.]+ queries\/s, planned 40/);
  });

  it('gives a stage whose queries bring more items more replicas', () => {
    const tuner = new Tuner(provisionFor(usual), { start: 0 });
    let answered = 0;
    follow(tuner, gammaArrivals(40, 1, 2000, 1), 50_000, (_, now) => {
      for (; answered < now / 25; answered++) tuner.traffic.answer(now, [2, 1]);
    });
    expect(replicasOf(tuner.replicas)).toEqual([[4], [1, 1]]);
  });
});

describe('whatever comes, a tuner', () => {
  const limits = { cpu: 12, t4: 3 };
  const hosts = [{ name: 'here', cores: 10, types: ['cpu'] }];

  it('never exceeds the limits of the hardware and the cores of its hosts, nor leaves a pool empty', () => {
    fc.assert(
      fc.property(traffic, fc.boolean(), ({ arrivals, end }, hosted) => {
        const provision = provisionFor({ ...usual, limits, ...(hosted && { hosts }) });
        const tuner = new Tuner(provision, { start: 0, most: 9 });
        follow(tuner, arrivals, end, () => {
          const [[first], [t4, cpu]] = replicasOf(tuner.replicas) as [[number], [number, number]];
          expect(first + cpu).toBeLessThanOrEqual(hosted ? 10 : 12);
          expect(t4).toBeLessThanOrEqual(3);
          expect(Math.max(first, t4, cpu)).toBeLessThanOrEqual(9);
          expect(Math.min(first, t4, cpu)).toBeGreaterThanOrEqual(1);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('lowers nothing while the envelope is broken', () => {
    fc.assert(
      fc.property(traffic, ({ arrivals, end }) => {
        const provision = provisionFor(usual);
        const tuner = new Tuner(provision, { start: 0 });
        const envelope = new ArrivalEnvelope(provision.windows);
        let next = 0;
        let before = tuner.replicas;
        follow(tuner, arrivals, end, (_, now) => {
          while (next < arrivals.length && arrivals[next]! <= now) envelope.arrive(arrivals[next++]!);
          if (isBroken(provision, envelope.take(now)))
            for (const [g, pools] of tuner.replicas.entries())
              for (const [p, count] of pools.entries()) expect(count).toBeGreaterThanOrEqual(before[g]![p]!);
          before = tuner.replicas;
        });
      }),
      { numRuns: 30 },
    );
  });

  it('decides the same when it sees the same', () => {
    fc.assert(
      fc.property(traffic, ({ arrivals, end }) => {
        const run = () => follow(new Tuner(provisionFor(usual), { start: 0 }), arrivals, end);
        expect(run()).toEqual(run());
      }),
      { numRuns: 10 },
    );
  });
});
