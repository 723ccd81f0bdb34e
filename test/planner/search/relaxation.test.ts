/** Whether bounds leave alone what is feasible. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCase, type CaseSpec } from '../../../bench/planner/cases.ts';
import { Evaluator } from '../../../planner/search/evaluator.ts';
import { optionOf, searchGroup, simulatedPools } from '../../../planner/search/option.ts';
import { Relaxation } from '../../../planner/search/relaxation.ts';
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
  return { system, samples, slo, groups, choice, one };
}

describe('bounds', () => {
  it('rule out no choice that the simulation finds feasible', () => {
    fc.assert(
      fc.property(specs, numbers, (spec, numbers) => {
        const { system, samples, slo, groups, choice, one } = draw(spec, numbers);
        // The objective is just met.
        const [{ percentile }] = slo as [(typeof slo)[number]];
        const probe = new Relaxation(system, groups, samples, slo);
        const limit = probe.score(0, choice.map(simulatedPools)) * slo[0]!.limit * 1.05;
        const tight = [{ percentile, limit }];
        fc.pre(new Evaluator(system, samples, tight).isFeasible(groups, choice));

        const relaxation = new Relaxation(system, groups, samples, tight);
        const hardware = choice.map(({ pools: [pool] }) => pool!.kind.hardware);
        const types = groups.map(({ kinds }, g) => [...new Set([hardware[g]!, one(kinds).hardware])]);
        expect(relaxation.allow(types)).toBe(true);
        for (const [g, option] of choice.entries())
          expect(relaxation.alone(g, simulatedPools(option)).ruledOut).toBe(false);
        const ways = choice.map(({ pools: [pool] }, g) => {
          const { kind, replicas } = pool!;
          const more = replicas + one([0, 0, 1, 3]);
          return groups[g]!.kinds.filter(
            other => other === kind || (other.hardware === kind.hardware && one([true, false])),
          ).map(other => [{ ...other.pool, replicas: more }]);
        });
        expect(relaxation.together(ways).ruledOut).toBe(false);
        expect(relaxation.isTooSlow(choice.map(option => [simulatedPools(option)]))).toBe(false);
      }),
      { numRuns: 150, endOnFailure: true },
    );
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
