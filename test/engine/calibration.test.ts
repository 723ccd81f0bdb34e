import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calibration } from '../../engine/runtime/calibration.ts';

/** Errors one millisecond apart, each from a number between 0 and 1. */
function observe(calibration: Calibration, count: number, errorOf: (uniform: number) => number): number[] {
  return Array.from({ length: count }, (_, now) => {
    // A sequence that fills the range evenly.
    const error = errorOf((now * 0.618034) % 1);
    const margin = calibration.margin(now);
    calibration.observe(error, now);
    return error - margin;
  });
}

describe('the calibration of predictions', () => {
  it('settles where one prediction in a hundred does not hold', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -200, max: 200 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        (middle, spread, power) => {
          const calibration = new Calibration(1000);
          const misses = observe(calibration, 40_000, uniform => middle + spread * uniform ** power);
          const late = misses.slice(20_000).filter(miss => miss > 0).length / 20_000;
          expect(late).toBeGreaterThan(0.003);
          expect(late).toBeLessThan(0.02);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('rises at once where queries miss their deadlines, and forgets that when it hears no more', () => {
    const calibration = new Calibration(100);
    for (let now = 0; now < 10; now++) calibration.observe(Infinity, now);
    const high = calibration.margin(10);
    expect(high).toBeGreaterThan(40);
    expect(calibration.margin(509)).toBe(high);
    expect(calibration.margin(20_000)).toBeLessThan(high / 100);
  });
});
