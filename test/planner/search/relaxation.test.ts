/** Two ways to work out the same bound. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCase, type CaseSpec } from '../../../bench/planner/cases.ts';
import { optionOf, searchGroup, simulatedPools } from '../../../planner/search/option.ts';
import { Worksheet } from '../../../planner/search/worksheet.ts';

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
  return { system, samples, slo, groups, choice };
}

describe('bounds', () => {
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
          const { misses } = sheet.countAlone(g, simulatedPools(option), types, limits);
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
