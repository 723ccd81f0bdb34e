/** Whether bounds leave alone what a proof claims they do. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCase, type Case, type CaseSpec } from '../../../bench/planner/cases.ts';
import { percentileOf } from '../../../planner/percentile.ts';
import { proofMargin } from '../../../planner/search/margin.ts';
import {
  optionOf,
  searchGroup,
  simulatedPools,
  withSmaller,
  type Option,
  type SearchGroup,
} from '../../../planner/search/option.ts';
import { Relaxation } from '../../../planner/search/relaxation.ts';
import { Worksheet } from '../../../planner/search/worksheet.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { chainCase } from './support.ts';

const specs = fc.record<CaseSpec>({
  seed: fc.nat(1000),
  shape: fc.constantFrom('chain', 'branch', 'fan-out', 'join'),
  stages: fc.integer({ min: 4, max: 7 }),
  types: fc.integer({ min: 2, max: 4 }),
  batches: fc.integer({ min: 1, max: 6 }),
  cv: fc.constantFrom(0.5, 1, 4),
  slack: fc.constantFrom(0.3, 0.6, 1),
  load: fc.integer({ min: 1, max: 6 }),
});
const numbers = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
const most = 8;

/** A random choice for a case, and what bounds are made of. */
function draw(spec: CaseSpec, numbers: readonly number[]) {
  let at = 0;
  const one = <T>(values: readonly T[]): T => values[numbers[at++ % numbers.length]! % values.length]!;
  const { system, samples, slo } = makeCase(spec, { queries: 600, seeds: 2 }, most);
  const groups = system.structure.stages.map(({ name }) => searchGroup(system, [name]));
  const choice = groups.map(({ kinds }) =>
    optionOf([{ kind: one(kinds), replicas: one([1, 2, 3, 4, 6, most]) }]),
  );
  return { system, samples, slo, groups, choice, one };
}

/** The percentile of all samples' latencies together, of a choice. */
function simulatedPercentile(
  { system, samples }: Pick<Case, 'system' | 'samples'>,
  groups: readonly SearchGroup[],
  choice: readonly Option[],
  percentile: number,
): number {
  const deployment = {
    groups: choice.map((option, g) => ({ stages: groups[g]!.indices, pools: simulatedPools(option) })),
    hosts: [],
    engine: system.engine,
  };
  const latencies = samples.flatMap(sample => [...simulate(system.structure, deployment, sample).latencies]);
  return percentileOf(Float64Array.from(latencies).sort(), percentile);
}

/** Asks of a random choice that meets its objective with just the margin to spare all that a search may ask. */
function expectLeftAlone(spec: CaseSpec, numbers: readonly number[]): void {
  const { system, samples, slo, groups, choice, one } = draw(spec, numbers);
  const [{ percentile }] = slo as [(typeof slo)[number]];
  const limit = simulatedPercentile({ system, samples }, groups, choice, percentile) / (1 - proofMargin);
  const relaxation = new Relaxation(system, groups, samples, [{ percentile, limit }]);
  const pools = choice.map(option => option.pools[0]!);
  const types = groups.map(({ kinds }, g) => [
    ...new Set([pools[g]!.kind.hardware, one([pools[g]!.kind, one(kinds)]).hardware]),
  ]);
  expect(relaxation.allow(types)).toBe(true);
  for (const [g, { kind, replicas }] of pools.entries())
    expect(relaxation.alone(g, kind, replicas).ruledOut).toBe(false);

  const waysWith = (group: number, more: number) => {
    const { kind, replicas } = pools[group]!;
    const larger = groups[group]!.kinds.filter(
      ({ hardware, batch }) => hardware === kind.hardware && batch >= kind.batch,
    );
    return withSmaller(groups[group]!, one(larger), replicas + more);
  };
  const others = one([0, 1, 4]);
  for (const g of groups.keys()) {
    const box = groups.map((_, other) => waysWith(other, other === g ? 0 : others));
    expect(relaxation.together(box).ruledOut).toBe(false);
  }
  for (let settled = 1; settled <= groups.length; settled++) {
    const ways = choice.map((option, g) => (g < settled ? [simulatedPools(option)] : waysWith(g, 0)));
    expect(relaxation.together(ways, true).ruledOut).toBe(false);
  }
}

describe('bounds', () => {
  it('rule out nothing that meets the objective with the margin to spare', () => {
    fc.assert(fc.property(specs, numbers, expectLeftAlone), { numRuns: 60, endOnFailure: true });
  });

  it('leave alone what was ruled out since its batches were worked out as they come with all others ideal', () => {
    const spec: CaseSpec = {
      seed: 5,
      shape: 'chain',
      stages: 4,
      types: 2,
      batches: 6,
      cv: 1,
      slack: 0.6,
      load: 3,
    };
    fc.assert(
      fc.property(numbers, its => expectLeftAlone(spec, its)),
      { seed: 1296918327, numRuns: 30 },
    );
  });

  it('leave alone what is sooner where its work comes later', () => {
    // Batches gain nothing here. Where queries come in bunches, the first replica that is free takes up to 8 of them
    // and is busy for 160 ms; behind a stage that lets through one every 5 ms, most are taken alone.
    const of = chainCase({
      profiles: { cpu: [{ 1: 5 }, { 1: 20, 8: 160 }] },
      prices: { cpu: 1 },
      rate: 150,
      limit: 70,
    });
    const { system, samples, slo } = of;
    const groups = ['s0', 's1'].map(name => searchGroup(system, [name]));
    const largest = groups[1]!.kinds.at(-1)!;
    const choice = [
      optionOf([{ kind: groups[0]!.kinds[0]!, replicas: 1 }]),
      optionOf([{ kind: largest, replicas: 4 }]),
    ];
    const simulated = simulatedPercentile(of, groups, choice, 99);
    expect(simulated).toBeLessThan(70);

    const relaxation = new Relaxation(system, groups, samples, slo);
    expect(relaxation.allow([['cpu'], ['cpu']])).toBe(true);
    expect(relaxation.tryAlone(1, simulatedPools(choice[1]!)).score).toBeGreaterThan(2);
    expect(relaxation.alone(1, largest, 4).ruledOut).toBe(false);
  });

  it('are the same where the groups behind are added up', () => {
    fc.assert(
      fc.property(specs, numbers, (spec, numbers) => {
        const { system, samples, groups, choice, slo } = draw(spec, numbers);
        const sheet = new Worksheet(system, groups, samples[0]!);
        const types = groups.map(({ kinds }) => [...new Set(kinds.map(({ hardware }) => hardware))]);
        sheet.allow(types, 0, groups.length - 1);
        // On the way here from other types.
        sheet.allow(types.with(2, types[2]!.slice(0, 1)), 2, 2);
        sheet.allow(types, 2, 2);
        const limits = [0.3, 0.6, 1].map(share => share * slo[0]!.limit);
        for (const [g, option] of choice.entries()) {
          const { misses } = sheet.countAlone(g, [simulatedPools(option)], types, limits);
          const view = sheet.views[g]!;
          for (let behind = g + 1; behind < groups.length; behind++)
            sheet.passIdeally(behind, types[behind]!, view);
          expect(misses).toEqual(limits.map(limit => sheet.staged.countAbove(limit, view)));
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
