/** The simulation against queues whose answers are known in closed form. Service times have mean 1 ms. */
import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../../planner/percentile.ts';
import type { ServiceTimes } from '../../../planner/simulation/deployment.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainOf, constant, deploymentOf, exponential, meanOf, poisson, poolOf } from './support.ts';

const queries = 2_000_000;
const utilisations = [0.3, 0.5, 0.8];

const unitRate = poisson(1, queries).arrivals;
const arrivalsAt = (rate: number, count = queries) => ({
  seed: 1,
  arrivals: unitRate.subarray(0, count).map(time => time / rate),
});

const queue = (times: ServiceTimes, servers: number, utilisation: number) =>
  simulate(
    chainOf(1),
    deploymentOf([poolOf(times, { replicas: servers })]),
    arrivalsAt(utilisation * servers),
  );

/** How far off a figure is, relative to what it should be. */
const error = (figure: number, expected: number) => Math.abs(figure / expected - 1);

/** Chance that an arrival finds all of `servers` busy, each with the given utilisation. */
function erlangC(servers: number, utilisation: number): number {
  const load = servers * utilisation;
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked / (1 - utilisation * (1 - blocked));
}

describe('a queue with Poisson arrivals', () => {
  it.each(utilisations)('and one server with exponential times is M/M/1, at utilisation %d', utilisation => {
    const { latencies, stages } = queue(exponential(1), 1, utilisation);
    expect(error(stages[0]!.queue / queries, utilisation / (1 - utilisation))).toBeLessThan(0.02);
    expect(error(meanOf(latencies), 1 / (1 - utilisation))).toBeLessThan(0.02);
    // The time in the system is exponential too.
    expect(error(percentileOf(latencies.sort(), 99), Math.log(100) / (1 - utilisation))).toBeLessThan(0.02);
  });

  it.each([2, 4, 8].flatMap(servers => utilisations.map(utilisation => [servers, utilisation] as const)))(
    'and %d servers with exponential times is M/M/c, at utilisation %d',
    (servers, utilisation) => {
      const { latencies, stages } = queue(exponential(1), servers, utilisation);
      const waits = erlangC(servers, utilisation);
      const wait = waits / (servers * (1 - utilisation));
      expect(error(meanOf(latencies), 1 + wait)).toBeLessThan(0.02);
      // Waits so rare that two million queries are too few to tell their mean are in the time in the system alone.
      if (waits > 0.05) expect(error(stages[0]!.queue / queries, wait)).toBeLessThan(0.02);
    },
  );

  it.each(utilisations)(
    'and constant times waits by Pollaczek and Khinchine, at utilisation %d',
    utilisation => {
      const { stages } = queue(constant(1), 1, utilisation);
      expect(error(stages[0]!.queue / queries, utilisation / (2 * (1 - utilisation)))).toBeLessThan(0.02);
    },
  );

  it('and more servers than it ever needs is a mere delay', () => {
    // Balanced hyperexponential times: many short, some long, of mean 1.
    const times: ServiceTimes = {
      draw: (_, uniform) =>
        uniform < 0.9 ? -0.5 * Math.log(1 - uniform / 0.9) : -5.5 * Math.log(1 - (uniform - 0.9) / 0.1),
      mean: () => 1,
    };
    const { latencies, stages, groups, end } = queue(times, 40, 0.25);
    expect(stages[0]!.queue).toBe(0);
    expect(error(meanOf(latencies), 1)).toBeLessThan(0.02);
    expect(error(groups[0]!.area / end, 10)).toBeLessThan(0.02);
  });

  it('in tandem keeps Poisson arrivals at every stage', () => {
    const means = [1, 0.5, 0.8];
    const rate = 0.7;
    const pools = means.map(mean => poolOf(exponential(mean)));
    const { latencies, groups } = simulate(chainOf(3), deploymentOf(pools), arrivalsAt(rate, queries / 2));
    const sojourns = means.map(mean => 1 / (1 / mean - rate));
    for (const [stage, sojourn] of sojourns.entries())
      expect(error(groups[stage]!.sojourn / latencies.length, sojourn)).toBeLessThan(0.02);
    expect(error(meanOf(latencies), sojourns[0]! + sojourns[1]! + sojourns[2]!)).toBeLessThan(0.02);
  });
});
