import { describe, expect, it } from 'vitest';
import { drawSamples, estimate, fitPlan, predictParts, type Part } from '../../../planner/index.ts';
import { oneCore, partOf } from './systems.ts';

const priced = { ...oneCore, types: { cpu: { device: 'cpu', threads: 1, price: 0.5 } } } as const;
const times = { cpu: { a: { 1: 4, 4: 10 }, b: { 1: 2 } } };
const options = { cv: 1, queries: 3000, seeds: 2, budget: 1000, now: () => 0 };

const fit = (...parts: Part[]) => fitPlan(parts, options);

describe('what is predicted of a fitted plan', () => {
  it('is what estimate says of it at its workload', () => {
    const part = partOf('one', times, priced, { limit: 100 });
    const fitted = fit(part);
    const workload = { kind: 'gamma', rate: fitted.rate, cv: 1, queries: 3000, seeds: 2 } as const;
    const same = estimate(part.system, fitted.groups[0]!, drawSamples(workload), part.slo);
    expect(predictParts(fitted)).toEqual([same]);
    expect(same.feasible).toBe(true);
  });

  it('is told apart by pipeline', () => {
    const quick = partOf('quick', { cpu: { q: { 1: 1 } } }, priced, { limit: 300, share: 3 });
    const slow = partOf('slow', { cpu: { s: { 1: 20 } } }, priced, { limit: 300 });
    const fitted = fit(quick, slow);
    const [first, second] = predictParts(fitted);
    const { problem } = fitted;
    for (const [part, estimate] of [first!, second!].entries()) {
      expect(estimate.feasible).toBe(true);
      expect(estimate.latencies).toHaveLength(2 * problem.queriesOf(part));
      expect(estimate.predicted['p99']).toBeLessThanOrEqual(300);
      const [least, most] = estimate.predicted.spread!;
      expect(least).toBeLessThanOrEqual(most);
      expect(estimate.stages).toMatchObject([{ items: 1 }]);
      const replicas = fitted.groups[part]!.flatMap(({ pools }) => pools.map(pool => pool.replicas));
      expect(estimate.predicted.cost).toBeCloseTo(0.5 * replicas.reduce((sum, count) => sum + count), 9);
    }
    expect(first!.latencies[0]).toBeCloseTo(1, 9);
    expect(second!.latencies[0]).toBeGreaterThanOrEqual(20 - 1e-9);
    expect(Object.keys(first!.predicted.utilisation!)).toEqual(['q']);
    expect(second!.stages.map(({ name }) => name)).toEqual(['s']);
    expect(problem.queriesOf(0)).toBe(3 * problem.queriesOf(1));
  });

  it('is of enough queries of a pipeline with a small share', () => {
    const common = partOf('common', { cpu: { c: { 1: 1 } } }, priced, { limit: 300, share: 1000 });
    const rare = partOf('rare', { cpu: { r: { 1: 1 } } }, priced, { limit: 300 });
    const { problem } = fitPlan([common, rare], { ...options, queries: 1000 });
    expect(problem.queriesOf(0) + problem.queriesOf(1)).toBeLessThanOrEqual(10_000);
    expect(problem.queriesOf(1)).toBeGreaterThanOrEqual(9);
  });
});
