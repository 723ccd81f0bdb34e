import { describe, expect, it } from 'vitest';
import { drawSamples, estimate, estimateTuned, gammaArrivals } from '../../../planner/index.ts';
import { groupsOf, pool, systemOf } from '../../engine/rehearsal/systems.ts';

const chain = `
  a: { operator: x, inputs: { in: inputs.text } }
  b: { operator: x, inputs: { in: a.out } }`;
const system = systemOf(chain, 'b.out', { a: { time: 20 }, b: { time: 40 } });
const groups = groupsOf({ a: [pool(1)], b: [pool(2)] });
const slo = [{ percentile: 99, limit: 400 }];
const planned = drawSamples({ kind: 'gamma', rate: 20, cv: 1, queries: 5000, seeds: 2 });
const tuned = { system, profiles: [], plan: { pipeline: 'test', slo, groups }, planned };
const options = { mode: 'scale', startUp: 1000, most: 64, deadline: 400 } as const;

/** Three times the planned rate for two minutes, after one as planned. */
const tripled = [1, 2].map(seed => {
  const before = gammaArrivals(20, 1, 1200, seed);
  const after = gammaArrivals(60, 1, 7200, seed);
  return { seed, arrivals: Float64Array.of(...before, ...after.map(at => before.at(-1)! + at)) };
});

describe('an estimate with the tuner', () => {
  it('is the same as without where what comes is what the plan is for', () => {
    const estimated = estimateTuned(tuned, planned, options);
    const { predicted } = estimate(system, groups, planned, slo, { deadline: 400 });
    expect(estimated.decisions).toEqual([[], []]);
    expect(estimated.predicted['p99']).toBeCloseTo(predicted.p99!, 2);
  });

  it('misses far less where more comes', () => {
    const estimated = estimateTuned(tuned, tripled, options);
    const { latencies } = estimate(system, groups, tripled, slo, { deadline: 400 });
    const missed = latencies.filter(latency => latency > 400).length / latencies.length;
    expect(estimated.misses[0]!.share).toBeLessThan(missed / 10);
    expect(estimated.decisions.every(([first]) => first!.kind === 'raise')).toBe(true);
  });

  it('misses more where replicas take longer to start', () => {
    const soon = estimateTuned(tuned, tripled, options);
    const late = estimateTuned(tuned, tripled, { ...options, startUp: 10_000 });
    expect(late.misses[0]!.share).toBeGreaterThan(soon.misses[0]!.share);
  });

  it('gives the same to the last digit when it is made again', () => {
    const once = estimateTuned(tuned, tripled, options);
    expect(estimateTuned(tuned, tripled, options)).toEqual(once);
  });
});
