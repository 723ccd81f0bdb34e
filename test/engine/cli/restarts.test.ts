import { describe, expect, it } from 'vitest';
import { Restarts } from '../../../engine/cli/supervise/restarts.ts';

describe('a server that ends', () => {
  it('is started again, later each time, and given up the fifth time within a minute', () => {
    const restarts = new Restarts();
    expect([0, 10, 20, 30, 40].map(second => restarts.ended(second * 1000))).toEqual([
      100,
      200,
      400,
      800,
      null,
    ]);
  });

  it('is started at once again after a quiet minute', () => {
    const restarts = new Restarts();
    for (const second of [0, 1, 2, 3]) restarts.ended(second * 1000);
    expect([64, 65, 130].map(second => restarts.ended(second * 1000))).toEqual([100, 200, 100]);
  });
});
