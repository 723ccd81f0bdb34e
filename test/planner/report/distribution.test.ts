import { describe, expect, it } from 'vitest';
import { histogram, tail } from '../../../planner/report/distribution.ts';

const sorted = Float64Array.from({ length: 1000 }, (_, at) => at + 1);

describe('a histogram', () => {
  it('has every query once, but those above its end', () => {
    const shares = (end: number) => histogram(sorted, end, 4).map(({ share }) => share);
    expect(shares(1000)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(shares(400).reduce((sum, share) => sum + share, 0)).toBeCloseTo(0.4);
  });

  it('has what takes no time in its first bin', () => {
    expect(histogram(Float64Array.of(0, 0, 5), 10, 2).map(({ share }) => share)).toEqual([1, 0]);
  });
});

describe('a tail', () => {
  it('falls from all queries to the rarest, over the times they exceed', () => {
    const points = tail(sorted, 0.001, 4);
    expect(points.map(({ above }) => Number(above.toFixed(6)))).toEqual([1, 0.1, 0.01, 0.001]);
    expect(points.map(({ time }) => time)).toEqual([1, 900, 990, 999]);
  });

  it('ends where there are no more queries, and leaves out those that were dropped', () => {
    expect(tail(Float64Array.of(1, 2, 3, 4), 0.001, 3).at(-1)).toEqual({ time: 3, above: 0.25 });
    expect(tail(Float64Array.of(1, Infinity, Infinity), 0.001, 3).map(({ time }) => time)).toEqual([1]);
  });
});
