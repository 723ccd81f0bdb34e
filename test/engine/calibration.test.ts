import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calibration } from '../../engine/runtime/calibration.ts';

const limit = 500;

/** One that was told these errors, a millisecond apart, up to now. */
function toldOf(errors: readonly number[], now = errors.length): Calibration {
  const calibration = new Calibration(limit);
  for (const [at, error] of errors.entries()) calibration.observe(error, now - errors.length + 1 + at);
  return calibration;
}

describe('the calibration of predictions', () => {
  it('is what 98 % of the last second’s errors are below, and no more than its limit', () => {
    const error = fc.oneof(fc.integer({ min: -200, max: 600 }), fc.constant(Infinity));
    fc.assert(
      fc.property(fc.array(error, { minLength: 16, maxLength: 500, size: 'max' }), errors => {
        const margin = toldOf(errors).margin(errors.length);
        const below = errors.filter(each => each <= margin).length / errors.length;
        if (margin < limit) expect(below).toBeGreaterThanOrEqual(0.98);
        expect(errors.filter(each => each < margin).length / errors.length).toBeLessThan(0.98);
        expect(margin).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('concludes nothing from few errors, nor from old ones', () => {
    const errors = Array.from({ length: 100 }, () => 80);
    expect(toldOf(errors.slice(0, 15)).margin(15)).toBe(0);
    expect(toldOf(errors).margin(1000)).toBe(80);
    expect(toldOf(errors).margin(1100)).toBe(0);
  });
});
