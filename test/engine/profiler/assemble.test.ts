/** What a profile makes of what was measured of stages alone, and of the pipeline as a whole. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../engine/profiler/assemble.ts';
import type { Measurements } from '../../../engine/profiler/measurements.ts';
import { pipelineOf } from '../../support/virtual-engine.ts';

const profileOf = async (inPlace: Measurements['inPlace']) => {
  const pipeline = await pipelineOf(
    '  a: { operator: ./operators.mjs#echo, inputs: { in: inputs.text } }',
    '{ out: a.out }',
  );
  const recording = {
    stages: new Map([['a', { samples: [1], inputs: [], service: 1 }]]),
    answered: [],
    notes: [],
  };
  return assemble(pipeline, 'cpu', pipeline.stages, recording, {
    engine: { query: 0.1, hop: 0.2, wake: 0.3 },
    inPlace,
    stages: {
      a: {
        memory: 1,
        rested: [
          { rest: 1, time: 0.5, wake: 0 },
          { rest: 3, time: 1.5, wake: 0 },
        ],
        batches: [{ batch: 1, mean: 2, quantiles: [] }],
        finished: true,
      },
    },
  });
};

const costs = { query: 0.15, hop: 0.4, item: 0.05 };

describe('what a stage takes longer in place', () => {
  it('is there where something is known of it', async () => {
    // After a rest of 2 ms it takes 1 longer.
    const batches = [{ rest: 2, times: [4], handover: 0.5, beside: 0.75 }];
    const groups = [{ stages: ['a'], batches, rested: [], others: 0 }];
    const { stages } = await profileOf({ costs, groups, crowded: [] });
    expect(stages['a']).toMatchObject({ wake: 0.3, interference: [{ percentage: 50, time: 4 - 2 - 1 }] });
    for (const unknown of [{ costs, groups: [], crowded: [] }, null])
      expect((await profileOf(unknown)).stages['a']).not.toHaveProperty('interference');
  });
});

describe('what a stage takes longer while all cores are busy', () => {
  it('is there where enough of it was seen', async () => {
    const many = (time: number) => Array.from({ length: 100 }, () => ({ times: [time], handover: 0.5 }));
    const alone = many(2).map(batch => ({ ...batch, rest: 0, beside: 0.75 }));
    const groups = [{ stages: ['a'], batches: alone, rested: [], others: 0 }];
    const crowded = (time: number) => [{ stages: ['a'], batches: many(time), others: 0 }];
    const { stages } = await profileOf({ costs, groups, crowded: crowded(3) });
    expect(stages['a']!.crowded!.every(({ time }) => time === 1)).toBe(true);
    expect((await profileOf({ costs, groups, crowded: [] })).stages['a']).not.toHaveProperty('crowded');
  });
});

describe("the engine's cost", () => {
  it('is that of the pipeline as a whole, where that was measured', async () => {
    expect((await profileOf({ costs, groups: [], crowded: [] })).engine).toEqual({
      query: 0.15,
      hop: 0.4,
      item: 0.05,
      wake: 0.3,
    });
    expect((await profileOf(null)).engine).toEqual({ query: 0.1, hop: 0.2, wake: 0.3 });
  });
});
