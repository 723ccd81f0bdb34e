import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../pipelines/index.ts';
import { checkCoverage, hardwareOf, type ProfileFile } from '../../../planner/index.ts';
import { pipelineOf } from '../../support/pipelines.ts';

const pipeline = parsePipeline(
  pipelineOf(
    'a: { operator: shout, inputs: { text: inputs.text } }\nb: { operator: shout, inputs: { text: a.text } }',
    'b.text',
  ),
).pipeline!;

const of = (hardware: string, ...stages: string[]): ProfileFile => ({
  file: `${hardware}.profile.json`,
  profile: {
    pipeline: 'test',
    hardware,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(
      stages.map(stage => [
        stage,
        { scale: { mean: 1, samples: [] }, batches: [{ batch: 1, mean: 5, quantiles: [] }] },
      ]),
    ),
  },
});

describe('profiles', () => {
  it('are enough if each stage is in one of them', () => {
    expect(() => checkCoverage(pipeline, [of('cpu', 'a'), of('t4', 'b')])).not.toThrow();
  });

  it('that lack a stage are refused, with the stage and what there is', () => {
    expect(() => checkCoverage(pipeline, [of('cpu', 'a'), of('t4')])).toThrow(
      expect.objectContaining({
        code: 'invalid-pipeline',
        message:
          'no profile has stage "b"; there are profiles of cpu (cpu.profile.json), t4 (t4.profile.json)',
      }),
    );
  });

  it('of the same hardware are refused, beside all else that is wrong', () => {
    const twice = [of('cpu', 'a'), { ...of('cpu', 'a'), file: 'old.profile.json' }];
    expect(() => checkCoverage(pipeline, twice)).toThrow(
      /^old\.profile\.json: cpu\.profile\.json is a profile of hardware "cpu" too; leave one out\nno profile has stage "b"/,
    );
  });

  it('name their hardware where no file says what it is, without prices', () => {
    expect(hardwareOf([of('cpu'), of('cpu-2'), of('cuda')])).toEqual({
      types: {
        cpu: { device: 'cpu', threads: 1 },
        'cpu-2': { device: 'cpu', threads: 2 },
        cuda: { device: 'cuda', threads: 1 },
      },
      limits: {},
      hosts: {},
    });
    expect(() => hardwareOf([of('t4')])).toThrow(/^t4\.profile\.json: nothing says what hardware "t4" is/);
  });
});
