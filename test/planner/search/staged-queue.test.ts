/** Whether working a sample out stage by stage gives what simulating all stages together does. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeCase, type CaseSpec } from '../../../bench/planner/cases.ts';
import type { System } from '../../../planner/index.ts';
import { heldBack } from '../../../planner/search/held-back.ts';
import { optionOf, searchGroup, simulatedPools } from '../../../planner/search/option.ts';
import { passQueue } from '../../../planner/search/staged-queue.ts';
import { StagedSample } from '../../../planner/search/staged-sample.ts';
import type { SimulatedPool } from '../../../planner/simulation/deployment.ts';
import { simulate } from '../../../planner/simulation/simulate.ts';
import { After } from '../../../planner/simulation/structure.ts';
import type { Sample } from '../../../planner/workload/workload.ts';

const specs = fc.record<CaseSpec>({
  seed: fc.nat(1000),
  shape: fc.constantFrom('chain', 'branch', 'fan-out', 'join'),
  stages: fc.integer({ min: 4, max: 7 }),
  types: fc.integer({ min: 2, max: 4 }),
  batches: fc.integer({ min: 1, max: 4 }),
  cv: fc.constantFrom(0.5, 1, 4),
  slack: fc.constant(1),
  load: fc.integer({ min: 1, max: 6 }),
});

/** One or two pools for each stage, of different hardware; the slower may be held back. */
function drawPools(system: System, numbers: readonly number[]): SimulatedPool[][] {
  let at = 0;
  const one = <T>(values: readonly T[]): T => values[numbers[at++ % numbers.length]! % values.length]!;
  return system.structure.stages.map(({ name }) => {
    const { kinds } = searchGroup(system, [name]);
    const first = one(kinds);
    const others = kinds.filter(({ hardware }) => hardware !== first.hardware);
    const chosen = others.length > 0 && one([true, false]) ? [first, one(others)] : [first];
    const option = optionOf(chosen.map(kind => ({ kind, replicas: one([1, 2, 3, 8]) })));
    return simulatedPools(one([option, ...heldBack(option, one([5, 50, 500]))]));
  });
}

/**
 * Units of a stage in the order they come. Those of one instant come in the order in which what they waited for went
 * through the stage before.
 */
function orderOf(
  { structure }: System,
  staged: StagedSample,
  stage: number,
  ready: Float64Array,
  over: readonly Float64Array[],
  ranks: readonly Float64Array[],
): number[] {
  const { needs } = structure.stages[stage]!;
  const { query, first } = staged.units[stage]!;
  const keys = ready.map((time, unit) => {
    const q = query[unit]!;
    let key = needs.length === 0 ? q : -1;
    for (const { stage: sources, after } of needs) {
      for (const [at, of] of sources.entries()) {
        const its = staged.units[of]!.first;
        const item = its[q]! + unit - first[q]!;
        const [from, to] = after[at] === After.item ? [item, item + 1] : [its[q]!, its[q + 1]!];
        for (let source = from; source < to; source++)
          if (over[of]![source] === time) key = Math.max(key, ranks[of]![source]!);
        // An empty list is there as soon as what it is of.
        const lists = from === to ? structure.stages[of]!.lists.flatMap(list => [...list.stage]) : [];
        for (const list of lists) key = Math.max(key, ranks[list]![staged.units[list]!.first[q]!]!);
      }
    }
    return key;
  });
  return [...ready.keys()].sort((a, b) => ready[a]! - ready[b]! || keys[a]! - keys[b]! || a - b);
}

function latenciesByStage(system: System, sample: Sample, pools: readonly SimulatedPool[][]): Float64Array {
  const { structure } = system;
  const staged = new StagedSample(structure, sample);
  const over = structure.stages.map(({ index }) => staged.room(index));
  const ranks = structure.stages.map(({ index }) => staged.room(index));
  for (const [stage, its] of pools.entries()) {
    const { present, uniforms } = staged.units[stage]!;
    const ready = staged.room(stage);
    staged.ready(stage, over, ready);
    const all = orderOf(system, staged, stage, ready, over, ranks);
    for (const [rank, unit] of all.entries()) ranks[stage]![unit] = rank;
    over[stage]!.set(ready);
    const order = Int32Array.from(all.filter(unit => present[unit] === 1));
    const alone = its.map(({ times, wake }) => uniforms.map(uniform => wake + times[0]!.draw(1, uniform)));
    const apart = structure.stages[stage]!.needs.length === 0;
    passQueue({ ready, order, ranks: ranks[stage]!, uniforms: [uniforms], alone, apart }, its, over[stage]!);
  }
  const latencies = new Float64Array(sample.arrivals.length);
  staged.latencies(over, latencies);
  return latencies;
}

it('gives every query the same latency as the simulation', () => {
  const numbers = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(specs, numbers, (spec, numbers) => {
      const { system, samples } = makeCase(spec, { queries: 200, seeds: 1 }, 8);
      const pools = drawPools(system, numbers);
      const staged = latenciesByStage(system, samples[0]!, pools);
      const groups = pools.map((its, stage) => ({ stages: Int32Array.of(stage), pools: its }));
      const deployment = { groups, hosts: [], engine: { query: 0, hop: 0 } };
      const { latencies } = simulate(system.structure, deployment, samples[0]!);
      for (const [query, latency] of latencies.entries()) expect(staged[query]).toBeCloseTo(latency, 4);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
