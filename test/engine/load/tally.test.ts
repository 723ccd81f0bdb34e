import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentileOf } from '../../../planner/index.ts';
import { Tally } from '../../../engine/load/tally.ts';

describe('a tally', () => {
  it('counts answers, and failures by what they were', () => {
    const tally = new Tally([{ percentile: 99, limit: 100 }]);
    tally.answer(10);
    tally.answer(200);
    tally.fail('overloaded', 3);
    tally.fail('no-answer');
    const { sent, answered, failed, latency, refusal, slo } = tally.summary();
    expect({ sent, answered, failed }).toEqual({
      sent: 4,
      answered: 2,
      failed: { overloaded: 1, 'no-answer': 1 },
    });
    expect(latency.max).toBeCloseTo(200, 0);
    expect(refusal.p50).toBeCloseTo(3, 2);
    // What was not answered was not within the limit either.
    expect(slo).toEqual({ p99: { limit: 100, within: 0.25, met: false } });
  });

  it('keeps latencies to a thousandth of themselves', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { minLength: 1 }), latencies => {
        const tally = new Tally([]);
        for (const latency of latencies) tally.answer(latency);
        const sorted = latencies.toSorted((a, b) => a - b);
        for (const percentile of [50, 90, 99]) {
          const exact = percentileOf(sorted, percentile);
          expect(Math.abs(tally.at(percentile) - exact)).toBeLessThanOrEqual(exact / 1000 + 0.001);
        }
      }),
    );
  });

  it('of nothing is all zeros', () => {
    expect(new Tally([{ percentile: 50, limit: 1 }]).summary()).toMatchObject({
      sent: 0,
      latency: { p50: 0, max: 0 },
      slo: { p50: { within: 0, met: false } },
    });
  });
});
