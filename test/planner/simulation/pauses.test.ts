/** What holds the main thread up now and then: stalls of the machine, and collections of garbage. */
import { describe, expect, it } from 'vitest';
import type { Stalls } from '../../../planner/index.ts';
import { Pauses } from '../../../planner/simulation/pauses.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, meanOf, poisson, poolOf } from './support.ts';

/** Stalls that all take as long. */
const stallsOf = (every: number, time: number): Stalls => ({
  every,
  quantiles: [{ percentage: 50, time }],
});
const latencies = (pauses: object, arrivals: Float64Array, seed = 1) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(constant(10), { replicas: 100 })], {
      engine: { query: 0.01, hop: 0.01, ...pauses },
    }),
    { seed, arrivals },
  ).latencies;

describe('stalls', () => {
  it('come as often as they did, and hold up as long what begins within them', () => {
    const pauses = new Pauses(stallsOf(100, 5), undefined, 1);
    let waited = 0;
    let [last, longest] = [0, 0];
    const steps = 1_000_000;
    for (let step = 1; step <= steps; step++) {
      const wait = pauses.before(step / 10, false);
      longest = Math.max(longest, wait);
      // What is left of a stall grows less as time goes by.
      if (wait > 0) waited += Math.max(0, wait - Math.max(0, last - 0.1));
      last = wait;
    }
    expect(longest).toBeLessThanOrEqual(5);
    expect(waited / (steps / 10) / 0.05).toBeCloseTo(1, 1);
  });

  it('delay a query by what is left of them', () => {
    const arrivals = Float64Array.from({ length: 20_000 }, (_, query) => query * 10);
    const found = latencies({ stalls: stallsOf(1000, 8) }, arrivals);
    const delayed = found.filter(latency => latency > 10.02 + 1e-9);
    // Eight milliseconds of a thousand, in which it may come, and its result too.
    expect(delayed.length / arrivals.length / (2 * 0.008)).toBeCloseTo(1, 0.5);
    expect(Math.max(...found)).toBeLessThan(10.02 + 8 * 2);
    expect(meanOf(delayed) - 10.02).toBeGreaterThan(3);
  });

  it('are the same for the same seed, and others for another', () => {
    const { arrivals } = poisson(0.5, 5000);
    const stalls = stallsOf(200, 6);
    expect(latencies({ stalls }, arrivals)).toEqual(latencies({ stalls }, arrivals));
    expect(latencies({ stalls }, arrivals, 2)).not.toEqual(latencies({ stalls }, arrivals));
  });
});

describe('collections', () => {
  it('come once in so many queries', () => {
    const pauses = new Pauses(undefined, { queries: 250, time: 2 }, 1);
    const waits = Array.from({ length: 10_000 }, (_, query) => pauses.before(query, true));
    expect(waits.filter(wait => wait === 2)).toHaveLength(40);
    expect(waits.filter(wait => wait === 0)).toHaveLength(10_000 - 40);
  });

  it('come with queries alone, not with results', () => {
    const pauses = new Pauses(undefined, { queries: 1, time: 2 }, 1);
    expect(pauses.before(0, false)).toBe(0);
    expect(pauses.before(0, true)).toBe(2);
  });

  it('hold up what came meanwhile', () => {
    // Each query is collected after: three at once wait for one, two and three of them.
    const found = latencies({ collections: { queries: 1, time: 4 } }, Float64Array.of(0, 0, 0));
    expect([...found].map(latency => Math.round(latency))).toEqual([14, 18, 22]);
  });
});
