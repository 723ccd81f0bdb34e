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

const inPlace = (time: number, rests: readonly number[]) => ({
  costs: { hop: 0.4, item: 0.05 },
  stages: { a: { time, rests } },
});

describe('what a stage takes longer in place', () => {
  it('is more than alone, but for what a rest before it costs', async () => {
    // After 2 ms it takes 1 longer, after 4 it takes 1.5 longer.
    const { stages } = await profileOf(inPlace(4, [2, 4]));
    expect(stages['a']!.interference).toBeCloseTo(4 - 2 - 1.25, 10);
  });

  it('is never less than nothing, and not there where nothing is known of it', async () => {
    expect((await profileOf(inPlace(3, [4]))).stages['a']!.interference).toBe(0);
    const without = { costs: { hop: 0.4, item: 0.05 }, stages: {} };
    for (const unknown of [without, null])
      expect((await profileOf(unknown)).stages['a']).not.toHaveProperty('interference');
  });
});

describe("the engine's cost", () => {
  it('is that of the pipeline as a whole, where that was measured', async () => {
    expect((await profileOf(inPlace(2, [0]))).engine).toEqual({
      query: 0.1,
      hop: 0.4,
      item: 0.05,
      wake: 0.3,
    });
    expect((await profileOf(null)).engine).toEqual({ query: 0.1, hop: 0.2, wake: 0.3 });
  });
});
