import { describe, expect, it } from 'vitest';
import { interleave, median, ratios, spread } from '../../bench/measure.ts';

describe('measuring', () => {
  it('takes the middle, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('runs ways in turns, every other round backwards', async () => {
    const log: string[] = [];
    const way = (name: string, value: number) => async () => {
      log.push(name);
      return value;
    };
    const values = await interleave(3, { a: way('a', 1), b: way('b', 2) });
    expect(log.join('')).toBe('abbaab');
    expect(values).toEqual({ a: [1, 1, 1], b: [2, 2, 2] });
    expect(ratios(values.a, values.b)).toEqual([0.5, 0.5, 0.5]);
    expect(spread([3, 1, 2])).toEqual([1, 3]);
  });
});
