import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, ruleOf, type Decision, type PoolRule } from '../../planner/index.ts';

const fresh = (): Decision => ({ pool: -1, take: 0, wake: Infinity });

describe('the queue and batching rule', () => {
  it('gives an idle replica what waits, up to its batch', () => {
    const pools = [ruleOf({ batch: 4, maxWait: 0 })];
    expect(decide(3, 0, pools, [1], 0, fresh())).toEqual({ pool: 0, take: 3, wake: Infinity });
    expect(decide(9, 0, pools, [1], 0, fresh())).toEqual({ pool: 0, take: 4, wake: Infinity });
  });

  it('dispatches nothing while nothing waits or no replica is idle', () => {
    const pools = [ruleOf({ batch: 4, maxWait: 0 })];
    expect(decide(0, 0, pools, [1], 5, fresh()).pool).toBe(-1);
    expect(decide(2, 0, pools, [0], 5, fresh())).toEqual(fresh());
  });

  it('holds a partial batch until the oldest item has waited max-wait', () => {
    const pools = [ruleOf({ batch: 4, maxWait: 10 })];
    expect(decide(2, 100, pools, [1], 105, fresh())).toEqual({ pool: -1, take: 0, wake: 110 });
    expect(decide(2, 100, pools, [1], 110, fresh())).toEqual({ pool: 0, take: 2, wake: Infinity });
    expect(decide(4, 100, pools, [1], 105, fresh())).toEqual({ pool: 0, take: 4, wake: Infinity });
  });

  it('prefers the fastest pool that is idle and does not wait', () => {
    const pools = [ruleOf({ batch: 8, maxWait: 20 }), ruleOf({ batch: 1, maxWait: 0 })];
    expect(decide(8, 0, pools, [1, 1], 0, fresh()).pool).toBe(0);
    expect(decide(3, 0, pools, [1, 1], 0, fresh())).toEqual({ pool: 1, take: 1, wake: Infinity });
    expect(decide(3, 0, pools, [1, 0], 0, fresh()).wake).toBe(20);
  });

  it('leaves a slow replica idle until its backlog waits, or the oldest item has waited max-wait', () => {
    const pools = [ruleOf({ batch: 2, maxWait: 0 }), ruleOf({ batch: 1, maxWait: 50, backlog: 4 })];
    expect(decide(3, 100, pools, [0, 1], 120, fresh())).toEqual({ pool: -1, take: 0, wake: 150 });
    expect(decide(3, 100, pools, [1, 1], 120, fresh())).toEqual({ pool: 0, take: 2, wake: Infinity });
    expect(decide(4, 100, pools, [0, 1], 120, fresh())).toEqual({ pool: 1, take: 1, wake: Infinity });
    expect(decide(3, 100, pools, [0, 1], 150, fresh())).toEqual({ pool: 1, take: 1, wake: Infinity });
  });

  it('is work-conserving: with no pool that may wait, no replica idles while an item waits', () => {
    const pool = fc.record({ batch: fc.integer({ min: 1, max: 16 }), idle: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.array(pool, { minLength: 1, maxLength: 4 }),
        (count, specs) => {
          const pools = specs.map(({ batch }) => ruleOf({ batch, maxWait: 0 }));
          const idle = specs.map(spec => spec.idle);
          let waiting = count;
          const decision = fresh();
          while (decide(waiting, 0, pools, idle, 0, decision).pool >= 0) {
            expect(decision.take).toBeLessThanOrEqual(pools[decision.pool]!.batch);
            waiting -= decision.take;
            idle[decision.pool]!--;
          }
          expect(waiting === 0 || idle.every(left => left === 0)).toBe(true);
          expect(decision.wake).toBe(Infinity);
        },
      ),
    );
  });
});

describe('a batch with a deadline', () => {
  const timed = (batch: number, each: number): PoolRule => ({
    ...ruleOf({ batch, maxWait: 0 }),
    timeOf: items => each * items,
  });

  it('is as large as lets its first item be in time', () => {
    const pools = [timed(8, 10)];
    expect(decide(8, 0, pools, [1], 0, fresh(), 100).take).toBe(8);
    expect(decide(8, 0, pools, [1], 0, fresh(), 55).take).toBe(5);
    expect(decide(8, 0, pools, [1], 0, fresh(), 10).take).toBe(1);
    expect(decide(8, 0, pools, [1], 0, fresh(), Infinity).take).toBe(8);
  });

  it('is full where no pool would be in time: then the first is no more urgent than the others', () => {
    expect(decide(8, 0, [timed(8, 10)], [1], 0, fresh(), 5)).toEqual({ pool: 0, take: 8, wake: Infinity });
  });

  it('waits for a faster replica as long as that would still be in time, and no longer', () => {
    const pools = [timed(4, 10), timed(4, 50)];
    expect(decide(2, 0, pools, [0, 1], 0, fresh(), 40)).toEqual({ pool: -1, take: 0, wake: 30 });
    expect(decide(2, 0, pools, [0, 1], 29, fresh(), 40)).toEqual({ pool: -1, take: 0, wake: 30 });
    expect(decide(2, 0, pools, [0, 1], 30, fresh(), 40)).toEqual({ pool: 1, take: 2, wake: Infinity });
    expect(decide(2, 0, pools, [1, 1], 0, fresh(), 40)).toEqual({ pool: 0, take: 2, wake: Infinity });
  });

  it('never waits for what it can do at once, nor beyond the deadline', () => {
    const pool = fc.record({
      batch: fc.integer({ min: 1, max: 8 }),
      each: fc.integer({ min: 1, max: 40 }),
      idle: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.array(pool, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(300),
        (any, waiting, due) => {
          const specs = any.toSorted((a, b) => a.each - b.each);
          const pools = specs.map(({ batch, each }) => timed(batch, each));
          const idle = specs.map(spec => spec.idle);
          const { pool: chosen, take, wake } = decide(waiting, 0, pools, idle, 0, fresh(), due);
          const inTime = specs.some(({ each }, at) => idle[at]! > 0 && each <= due);
          if (inTime || idle.every(count => count === 0)) expect(wake).toBe(Infinity);
          if (inTime) expect(take * specs[chosen]!.each).toBeLessThanOrEqual(due);
          if (wake < Infinity) expect(wake).toBeLessThanOrEqual(due);
          else if (idle.some(count => count > 0)) expect(take).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });
});
