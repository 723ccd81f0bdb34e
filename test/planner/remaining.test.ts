import { describe, expect, it } from 'vitest';
import { remainingTimes } from '../../planner/index.ts';

const stage = (...dependents: number[]) => ({ dependents, followers: [] });

describe('what is left of a query', () => {
  it('is the longest way from a stage to the end', () => {
    // 0 goes on to 1 and to 2, and both to 3.
    const { from } = remainingTimes([stage(1, 2), stage(3), stage(3), stage()], [0, 1, 2, 3], [5, 10, 20, 1]);
    expect([...from]).toEqual([26, 11, 21, 1]);
  });

  it('counts nothing for stages that some queries pass by', () => {
    const { from } = remainingTimes([stage(1), stage(2), stage()], [0, 1, 2], [5, 0, 7]);
    expect([...from]).toEqual([12, 7, 7]);
  });

  it('goes through items as through stages', () => {
    const stages = [stage(1), { dependents: [3], followers: [2] }, stage(3), stage()];
    const { from } = remainingTimes(stages, [0, 1, 2, 3], [1, 2, 4, 8]);
    expect([...from]).toEqual([15, 14, 12, 8]);
  });

  it('beyond a group leaves out what its replica does on the way', () => {
    const { from, beyond } = remainingTimes([stage(1), stage(2), stage()], [0, 0, 1], [5, 10, 20]);
    expect([...from]).toEqual([35, 30, 20]);
    expect([...beyond]).toEqual([20, 20, 0]);
  });
});
