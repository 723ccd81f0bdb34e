import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError, type Arguments } from '../../../engine/cli/command.ts';
import { planWorkload, readWorkload } from '../../../engine/cli/workload-options.ts';
import { parsePlan, writePlan, type Plan, type PlanWorkload } from '../../../pipelines/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-workload-'));
afterAll(() => rmSync(folder, { recursive: true }));

const content = 'arrival\n0\n0.5\n2\n2\n4\n';
const trace = join(folder, 'arrivals.csv');
writeFileSync(trace, content);
const sha256 = createHash('sha256').update(content).digest('hex');

const given = (values: Record<string, string>): Arguments => ({ positionals: [], values });
const planOf = (workload: PlanWorkload): Plan => ({
  pipeline: 'test',
  slo: [],
  workload,
  groups: [{ name: 'a', stages: ['a'], pools: [{ hardware: 'cpu', batch: 1, replicas: 1, maxWait: 0 }] }],
});

describe('a workload', () => {
  it('is a Poisson process of 10,000 queries, thrice, unless more is said', async () => {
    expect(await readWorkload(given({ rate: '2.5' }))).toEqual({
      kind: 'gamma',
      rate: 2.5,
      cv: 1,
      queries: 10_000,
      seeds: 3,
    });
    expect(await readWorkload(given({ rate: '10', cv: '0', queries: '500', seeds: '1' }))).toEqual({
      kind: 'gamma',
      rate: 10,
      cv: 0,
      queries: 500,
      seeds: 1,
    });
  });

  it('is a trace as it is, or its first queries', async () => {
    expect(await readWorkload(given({ trace }))).toEqual({
      kind: 'trace',
      file: trace,
      sha256,
      arrivals: Float64Array.of(0, 500, 2000, 2000, 4000),
      rate: 1,
      seeds: 3,
    });
    expect(await readWorkload(given({ trace, queries: '3', seeds: '1' }))).toMatchObject({
      arrivals: Float64Array.of(0, 500, 2000),
      seeds: 1,
    });
  });

  it('is a trace at another rate', async () => {
    expect(await readWorkload(given({ trace, rate: '4' }))).toMatchObject({
      arrivals: Float64Array.of(0, 125, 500, 500, 1000),
      rate: 4,
    });
  });

  it.each(['0', '-1', 'NaN', 'Infinity', 'fast', ''])('of rate "%s" is refused', async rate => {
    await expect(readWorkload(given({ rate }))).rejects.toThrow(
      new UsageError(`--rate takes a number of queries per second above 0, not "${rate}"`),
    );
  });

  it.each([
    ['neither rate nor trace', {}, /give --rate R, in queries per second, or --trace FILE/],
    ['a CV alone', { cv: '2' }, /give --rate R/],
    ['a negative CV', { rate: '1', cv: '-1' }, /--cv takes a number from 0 to 100, not "-1"/],
    ['an empty CV', { rate: '1', cv: '' }, /--cv takes a number/],
    ['a CV beside a trace', { trace, cv: '1' }, /leave out --cv/],
    ['no queries', { rate: '1', queries: '0' }, /--queries takes a whole number of at least 1/],
    [
      'more queries than a plan file takes',
      { rate: '1', queries: '100001' },
      /--queries takes at most 100000/,
    ],
    ['half a seed', { rate: '1', seeds: '1.5' }, /--seeds takes a whole number/],
    ['one query of a trace', { trace, queries: '1' }, /first 1 arrivals of .* raise --queries/],
  ] as const)('of %s is refused', async (_, values, message) => {
    const refused = readWorkload(given(values));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  it('of a trace with mistakes is answered with file and line', async () => {
    const bad = join(folder, 'bad.csv');
    writeFileSync(bad, 'arrival\n1\nsoon\n0.5\n');
    await expect(readWorkload(given({ trace: bad }))).rejects.toMatchObject({
      code: 'invalid-pipeline',
      message: expect.stringMatching(
        /bad\.csv:3:1 {2}error {2}bad-arrival[^]*bad\.csv:4:1 {2}error {2}unsorted/,
      ),
    });
    await expect(readWorkload(given({ trace: join(folder, 'none.csv') }))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/^there is no trace .*none\.csv$/),
    });
  });
});

describe('the workload of a plan', () => {
  it('is taken unless another is asked for', async () => {
    const plan = planOf({ rate: 2, cv: 4, queries: 100, seeds: 2 });
    expect(await readWorkload(given({}), plan)).toEqual({
      kind: 'gamma',
      rate: 2,
      cv: 4,
      queries: 100,
      seeds: 2,
    });
    expect(await readWorkload(given({ cv: '1', seeds: '5' }), plan)).toMatchObject({
      rate: 2,
      cv: 1,
      seeds: 5,
    });
    expect(await readWorkload(given({ rate: '3' }), plan)).toMatchObject({ rate: 3, cv: 1, queries: 10_000 });
    expect(await readWorkload(given({ trace }), plan)).toMatchObject({ kind: 'trace', rate: 1, seeds: 3 });
  });

  it.each<Record<string, string>>([
    { rate: '7', cv: '0.5', seeds: '2' },
    { trace },
    { trace, rate: '0.3', queries: '4' },
  ])('%o is the same once it was in a plan’s file', async values => {
    const workload = await readWorkload(given(values));
    const { plan } = parsePlan(writePlan(planOf(planWorkload(workload))));
    expect(await readWorkload(given({}), plan)).toEqual(workload);
  });

  it('is refused if its trace has changed since', async () => {
    const plan = planOf({ trace, sha256: '0'.repeat(64) });
    await expect(readWorkload(given({}), plan)).rejects.toThrow(/has changed since the plan was made for it/);
    expect(await readWorkload(given({ trace }), plan)).toMatchObject({ kind: 'trace', sha256 });
  });
});
