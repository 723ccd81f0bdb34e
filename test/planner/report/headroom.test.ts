import { describe, expect, it } from 'vitest';
import { estimate, headroomOf } from '../../../planner/index.ts';
import { tellHeadroom } from '../../../planner/report/headroom-section.ts';
import { speedUp } from '../../../planner/report/rescaled.ts';
import { planOf, samples, slo, system } from './parcels.ts';

const plan = planOf('plan');
const arrivals = { rate: 8, samples };
const headroom = headroomOf(system, plan.groups, arrivals, slo, plan.estimate);
const feasibleAt = (rate: number) => estimate(system, plan.groups, speedUp(samples, rate / 8), slo).feasible;

describe('the headroom of a plan', () => {
  it('is the rate at which each group has nothing but full batches, all the time', () => {
    const { batch, replicas, hardware } = plan.groups[1]!.pools[0]!;
    const expected = (1000 * replicas * batch) / (system.timesOf('find', hardware)!.mean(batch) + 0.2);
    expect(headroom.groups[1]).toEqual({
      name: 'find',
      utilisation: plan.estimate.groups[1]!.utilisation,
      saturation: expect.closeTo(expected, 6),
    });
  });

  it('is the highest rate within the SLO, to a percent', () => {
    expect(headroom.highest).toBeGreaterThan(8);
    expect(feasibleAt(headroom.highest!)).toBe(true);
    expect(feasibleAt(1.011 * headroom.highest!)).toBe(false);
  });

  it('is found below the rate for a plan that misses the SLO at it', () => {
    const fast = speedUp(samples, 20);
    const at = estimate(system, plan.groups, fast, slo);
    expect(at.feasible).toBe(false);
    const { highest } = headroomOf(system, plan.groups, { rate: 160, samples: fast }, slo, at);
    expect(highest! / headroom.highest!).toBeCloseTo(1, 1);
  });

  it('is none where every query is too slow, and not looked for without an SLO', () => {
    const tight = [{ percentile: 99, limit: 1 }];
    const missed = estimate(system, plan.groups, samples, tight);
    const none = headroomOf(system, plan.groups, arrivals, tight, missed);
    expect([none.highest, none.longestQueue]).toEqual([null, null]);
    expect(tellHeadroom(none, true)).toContain('missed at every rate tried');
    const free = headroomOf(system, plan.groups, arrivals, [], plan.estimate);
    expect(free.highest).toBeNull();
    expect(tellHeadroom(free, false)).toMatch(/^Group translate is busy all the time first, at [\d.]+\/s\.$/);
  });

  it('names what breaks first', () => {
    expect(tellHeadroom(headroom, true)).toMatch(
      /^The SLO is met up to [\d.]+\/s, [\d.]+ times this rate; translate then has the longest queue, .* Group translate is/,
    );
    const busy = { ...headroom, main: 1 };
    expect(tellHeadroom(busy, true)).toContain(
      'main thread is busy all the time at 1/s, before any group is',
    );
  });
});
