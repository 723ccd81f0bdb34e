import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArrivalEnvelope,
  envelopeOf,
  envelopeWindows,
  longestWindow,
} from '../../../planner/tuner/envelope.ts';

/** The definition, looked through window by window. */
function bruteForce(arrivals: readonly number[], windows: readonly number[]): number[] {
  return windows.map(window =>
    Math.max(0, ...arrivals.map(end => arrivals.filter(at => at <= end && at > end - window).length)),
  );
}

const gaps = fc.array(fc.oneof(fc.nat(5), fc.nat(300), fc.nat(90_000)), { minLength: 1, maxLength: 60 });
const arrivalsOf = (gaps: readonly number[], start = 0): number[] => {
  let now = start;
  return gaps.map(gap => (now += gap));
};

describe('the windows of an envelope', () => {
  it('double from the service time to a minute', () => {
    expect(envelopeWindows(7000.5)).toEqual([7001, 14_002, 28_004, 56_008, longestWindow]);
    expect(envelopeWindows(0)[0]).toBe(1);
    expect(envelopeWindows(100_000)).toEqual([longestWindow]);
  });
});

describe('an arrival envelope', () => {
  it('has the most arrivals in any window, as counting all of them says', () => {
    fc.assert(
      fc.property(gaps, fc.nat(1e9), fc.integer({ min: 1, max: 5000 }), (gaps, start, serviceTime) => {
        const [arrivals, windows] = [arrivalsOf(gaps, start), envelopeWindows(serviceTime)];
        expect([...envelopeOf(Float64Array.from(arrivals), windows)]).toEqual(bruteForce(arrivals, windows));
      }),
    );
  });

  it('has, taken again and again, the most since it was taken last', () => {
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 5000 }), (gaps, serviceTime) => {
        const [arrivals, windows] = [arrivalsOf(gaps), envelopeWindows(serviceTime)];
        const envelope = new ArrivalEnvelope(windows);
        const taken = arrivals.map(now => {
          envelope.arrive(now);
          return envelope.take(now);
        });
        const most = windows.map((_, w) => Math.max(...taken.map(counts => counts[w]!)));
        expect(most).toEqual(bruteForce(arrivals, windows));
      }),
    );
  });

  it('forgets what is longer ago than its windows', () => {
    const envelope = new ArrivalEnvelope([10, longestWindow]);
    envelope.arrive(5);
    envelope.arrive(5);
    envelope.take(5);
    expect([...envelope.take(14.9)]).toEqual([2, 2]);
    expect([...envelope.take(15)]).toEqual([0, 2]);
    expect([...envelope.take(5 + longestWindow)]).toEqual([0, 0]);
  });
});
