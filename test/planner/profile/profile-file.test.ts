import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../pipelines/index.ts';
import { parseProfile, writeProfile, type Profile } from '../../../planner/index.ts';
import { pipelineOf, pointAt } from '../../support/pipelines.ts';

const pipeline = parsePipeline(
  pipelineOf(
    `
detect: { operator: split, inputs: { text: inputs.text } }
read: { each: detect.parts, operator: shout, inputs: { text: item } }`,
    'read.text',
  ),
).pipeline!;

const read = {
  scale: { mean: 9, samples: [9, 8, 10] },
  batches: {
    1: { mean: 50.2, quantiles: { 1: 48.9, 50: 50.1, 90: 51, 99: 55.7, 99.5: 60 } },
    4: { mean: 181 },
  },
};
const file = {
  millrace: 'profile/1',
  pipeline: 'test',
  hardware: 'cpu',
  host: { cpu: 'a processor', cores: 2 },
  engine: { query: 0.02, hop: 0.09 },
  stages: { read },
};

const withRead = (changes: object): string =>
  JSON.stringify({ ...file, stages: { read: { ...read, ...changes } } }, null, 1);
const withEngine = (changes: object): string =>
  JSON.stringify({ ...file, engine: { ...file.engine, ...changes } }, null, 1);
const withStalls = (stalls: object): string => withEngine({ stalls });
const withTimes = (times: object): string => withRead({ batches: { 4: times } });
const told = (text: string): [string, string][] => parseProfile(text, '', pipeline).diagnostics.map(pointAt);
const messages = (text: string): string[] =>
  parseProfile(text, '', pipeline).diagnostics.map(({ message }) => message);

describe('a profile', () => {
  it('is read with its quantiles sorted as numbers', () => {
    const { profile, diagnostics } = parseProfile(withRead({ scale: { mean: 9.1 }, memory: 2 ** 26 }));
    expect(diagnostics).toEqual([]);
    expect(profile).toEqual({
      pipeline: 'test',
      hardware: 'cpu',
      host: { cpu: 'a processor', cores: 2 },
      engine: { query: 0.02, hop: 0.09, wake: 0 },
      stages: {
        read: {
          scale: { mean: 9.1, samples: [] },
          memory: 2 ** 26,
          batches: [
            {
              batch: 1,
              mean: 50.2,
              quantiles: [
                { percentage: 1, time: 48.9 },
                { percentage: 50, time: 50.1 },
                { percentage: 90, time: 51 },
                { percentage: 99, time: 55.7 },
                { percentage: 99.5, time: 60 },
              ],
            },
            { batch: 4, mean: 181, quantiles: [] },
          ],
        },
      },
    });
  });

  it('may leave out its host, the cost of the engine, and the mean of what has quantiles or samples', () => {
    const { engine: _engine, host: _host, ...rest } = file;
    const stage = { scale: { samples: [0, 1, 1] }, batches: { 1: { quantiles: { 0: 10, 100: 30 } } } };
    const { profile } = parseProfile(JSON.stringify({ ...rest, stages: { read: stage } }));
    expect(profile).toMatchObject({
      host: {},
      engine: { query: 0, hop: 0, wake: 0 },
      stages: { read: { scale: { mean: 2 / 3 }, batches: [{ mean: 20 }] } },
    });
  });

  it('has the mean of its samples, since they are what is drawn; another mean is told', () => {
    const { profile, diagnostics } = parseProfile(withRead({ scale: { mean: 9.1, samples: [9, 8, 12] } }));
    expect(profile!.stages['read']!.scale).toEqual({ mean: 29 / 3, samples: [9, 8, 12] });
    expect(diagnostics.map(pointAt)).toEqual([['odd-samples', '9.1']]);
    expect(diagnostics[0]!.message).toMatch(/stage "read" has 9\.667 items per query by its samples/);
  });

  it('may say of all quantiles at once how much longer a stage takes among others', () => {
    const longer = (interference: unknown) =>
      parseProfile(withRead({ interference }), '', pipeline).profile!.stages['read']!.interference;
    expect(longer(0.5)).toEqual([{ percentage: 50, time: 0.5 }]);
    expect(longer({ 99: 2, 5: -1 })).toEqual([
      { percentage: 5, time: -1 },
      { percentage: 99, time: 2 },
    ]);
  });

  it('may have figures that this version does not know', () => {
    const stage = { ...read, scale: { mean: 9 }, throughput: 20, batches: { 1: { mean: 50, runs: 100 } } };
    const newer = { ...file, engine: { ...file.engine, idle: 1 }, stages: { read: stage } };
    expect(told(JSON.stringify(newer))).toEqual([]);
  });

  it('is written as a file that reads as the same profile, each list of samples on one line', () => {
    const time = fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }).map(Math.abs);
    // JSON has no -0.
    const unsigned = (value: number) => (value === 0 ? 0 : value);
    const rising = fc.array(time, { maxLength: 5 }).map(times => times.toSorted((a, b) => a - b));
    const quantilesOf = (times: readonly number[]) =>
      times.map((time, index) => ({ percentage: index * 20 + 0.5, time }));
    const stage = fc.record(
      {
        scale: fc.oneof(
          fc.array(fc.nat(20), { minLength: 1, maxLength: 40 }).map(samples => ({
            mean: samples.reduce((sum, count) => sum + count, 0) / samples.length,
            samples,
          })),
          time.map(mean => ({ mean: mean / 10, samples: [] })),
        ),
        wake: time,
        interference: fc
          .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(unsigned), {
            minLength: 1,
            maxLength: 5,
          })
          .map(quantilesOf),
        crowded: rising.filter(({ length }) => length > 0).map(quantilesOf),
        rested: rising
          .filter(({ length }) => length > 0)
          .map(times => times.map((time, index) => ({ rest: 4 ** index, time, wake: time / 2 }))),
        threads: time,
        memory: fc.nat(),
        batches: rising
          .filter(({ length }) => length > 0)
          .map(means => means.map((mean, index) => ({ batch: 2 ** index, mean, quantiles: [] }))),
      },
      { requiredKeys: ['scale', 'batches'] },
    );
    const interval = fc.double({ min: 1, max: 1e6, noNaN: true });
    const stalls = fc.record({ every: interval, quantiles: rising.map(quantilesOf) });
    const collections = fc.record({ queries: interval, time });
    const single = fc.tuple(stage, rising).map(([stage, times]) => {
      return { ...stage, batches: [{ ...stage.batches[0]!, quantiles: quantilesOf(times) }] };
    });
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter(name => name !== '__proto__');
    const profile: fc.Arbitrary<Profile> = fc.record({
      pipeline: name,
      hardware: name,
      host: fc.dictionary(name, fc.oneof(name, fc.nat()), { noNullPrototype: true }),
      engine: fc.record(
        { query: time, hop: time, item: time, wake: time, stalls, collections },
        { requiredKeys: ['query', 'hop', 'wake'] },
      ),
      stages: fc.dictionary(name, fc.oneof(stage, single), { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(profile, profile => {
        const text = writeProfile(profile);
        const counted = Object.values(profile.stages).filter(({ scale }) => scale.samples.length > 0);
        expect(text.match(/^ {8}"samples": \[.*\]$/gm) ?? []).toHaveLength(counted.length);
        expect(parseProfile(text).profile).toEqual(profile);
      }),
    );
  });

  it('keeps what its texts hold when written', () => {
    const host = { cpu: '[ 1, 2 ]\n[\n 3 ]' };
    const { profile } = parseProfile(JSON.stringify({ ...file, host }));
    expect(parseProfile(writeProfile(profile!)).profile!.host).toEqual(host);
  });
});

describe('a profile with mistakes', () => {
  it.each([
    ['is of another pipeline', JSON.stringify({ ...file, pipeline: 'ocr' }), 'wrong-pipeline', '"ocr"'],
    ['has a batch without times', withTimes({}), 'missing-times', '"4"'],
    ['has a batch without quantiles', withTimes({ quantiles: {} }), 'missing-times', '"4"'],
    ['has a stage without batches', withRead({ batches: {} }), 'missing-times', '"batches"'],
    ['has a size that is none', withRead({ batches: { 1.5: { mean: 3 } } }), 'bad-batch', '"1.5"'],
    ['has a size of 0', withRead({ batches: { 0: { mean: 3 } } }), 'bad-batch', '"0"'],
    ['has a negative time', withTimes({ mean: -1 }), 'bad-type', '-1'],
    ['has an infinite time', withTimes({ mean: 1234 }).replace('1234', '1e999'), 'bad-type', '1e999'],
    ['has a time with a unit', withTimes({ mean: '9 ms' }), 'bad-type', '"9 ms"'],
    ['has a quantile at no percentage', withTimes({ quantiles: { p99: 3 } }), 'bad-percentage', '"p99"'],
    ['has an interference at no percentage', withRead({ interference: { x: 1 } }), 'bad-percentage', '"x"'],
    ['is crowded at no percentage', withRead({ crowded: { x: 1 } }), 'bad-percentage', '"x"'],
    ['is faster in a crowd', withRead({ crowded: { 50: -1 } }), 'bad-type', '-1'],
    ['has an interference of words', withRead({ interference: 'much' }), 'bad-type', '"much"'],
    ['has a quantile beyond 100', withTimes({ quantiles: { 100.5: 3 } }), 'bad-percentage', '"100.5"'],
    ['has a quantile twice', withTimes({ quantiles: { 99: 3, '99.0': 4 } }), 'duplicate-key', '"99.0"'],
    ['misspells its quantiles', withTimes({ mean: 9, quantile: { 99: 3 } }), 'unknown-key', '"quantile"'],
    ['has no scale', withRead({ scale: {} }), 'missing-key', '"scale"'],
    ['has stalls at no interval', withStalls({ every: 0, quantiles: {} }), 'bad-type', '0'],
    ['has stalls at next to none', withStalls({ every: 0.0125, quantiles: {} }), 'bad-type', '0.0125'],
    ['collects without a query', withEngine({ collections: { queries: 0, time: 1 } }), 'bad-type', '0'],
    ['has stalls without lengths', withStalls({ every: 100 }), 'missing-key', '"stalls"'],
    [
      'has a quantile of stalls twice',
      withStalls({ every: 9, quantiles: { 5: 3, '5.0': 4 } }),
      'duplicate-key',
      '"5.0"',
    ],
    ['has half an item', withRead({ scale: { samples: [1, 0.5] } }), 'bad-samples', '0.5'],
    [
      'is of a later version',
      JSON.stringify({ ...file, millrace: 'profile/2' }),
      'bad-version',
      '"profile/2"',
    ],
    ['is a plan', JSON.stringify({ ...file, millrace: 'plan/1' }), 'bad-version', '"plan/1"'],
    ['has nothing', '\n', 'not-a-mapping', ''],
    ['is YAML', 'millrace: profile/1\n', 'json-syntax', 'm'],
  ])('that %s is refused, with where', (_, text, code, token) => {
    const { profile, diagnostics } = parseProfile(text, '', pipeline);
    expect(profile).toBeUndefined();
    expect(diagnostics.map(pointAt)).toEqual([[code, token]]);
  });

  it('that names a stage the pipeline has not says which was probably meant', () => {
    const text = JSON.stringify({ ...file, stages: { raed: read } });
    const { diagnostics } = parseProfile(text, 'cpu.profile.json', pipeline);
    const misspelt = diagnostics.find(({ code }) => code === 'unknown-stage');
    expect(misspelt).toMatchObject({
      severity: 'error',
      suggestion: 'read',
      file: 'cpu.profile.json',
      line: 1,
    });
  });

  it('that is of hardware the hardware file does not define says which there is', () => {
    const { profile, diagnostics } = parseProfile(JSON.stringify(file), '', pipeline, { cpu4: {}, t4: {} });
    expect(profile).toBeUndefined();
    expect(diagnostics.find(({ code }) => code === 'unknown-hardware')).toMatchObject({
      message: 'the hardware file has no type "cpu"; it has cpu4, t4',
      suggestion: 'cpu4',
    });
  });

  it('shows the first of many samples, and counts the rest', () => {
    const text = withRead({ scale: { samples: Array.from({ length: 5000 }, () => -1) } });
    expect(told(text)).toEqual(Array.from({ length: 3 }, () => ['bad-samples', '-1']));
    expect(messages(text)[2]).toMatch(/; so must 4997 more$/);
  });
});

describe('noise in a profile', () => {
  const noisy = {
    1: { mean: 50, quantiles: { 50: 49, 99: 55 } },
    2: { mean: 40, quantiles: { 50: 39, 99: 60 } },
    4: { mean: 90, quantiles: { 50: 80, 99: 70 } },
  };
  const scale = { mean: 2 };

  it('is smoothed', () => {
    const { profile } = parseProfile(withRead({ scale, batches: noisy }), '', pipeline);
    expect(profile!.stages['read']!.batches).toMatchObject([
      { batch: 1, mean: 45, quantiles: [{ time: 44 }, { time: 55 }] },
      { batch: 2, mean: 45, quantiles: [{ time: 44 }, { time: 60 }] },
      { batch: 4, mean: 90, quantiles: [{ time: 75 }, { time: 75 }] },
    ]);
  });

  it('is told, with the stage, the batch sizes and the times', () => {
    const { diagnostics } = parseProfile(withRead({ scale, batches: noisy }), '', pipeline);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    expect(diagnostics.map(pointAt)).toEqual([
      ['falling-time', '"2"'],
      ['falling-time', '"4"'],
    ]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'times of stage "read" fall from batches of 1 to batches of 2, which is noise and is smoothed: mean from 50 to 40 ms, p50 from 49 to 39 ms',
      'times of stage "read" fall in batches of 4, which is noise and is smoothed: p99 after p50 from 80 to 70 ms',
    ]);
  });

  it('of stages that were sampled at different queries is told', () => {
    const stages = {
      detect: { scale: { samples: [1, 1] }, batches: { 1: { mean: 3 } } },
      read: { scale: { samples: [1, 1, 2] }, batches: { 1: { mean: 3 } } },
    };
    const { profile, diagnostics } = parseProfile(JSON.stringify({ ...file, stages }), '', pipeline);
    expect(profile).toBeDefined();
    expect(diagnostics).toMatchObject([{ code: 'odd-samples', severity: 'warning' }]);
    expect(diagnostics[0]!.message).toMatch(/"read" has samples of 3 queries and "detect" of 2/);
  });
});
