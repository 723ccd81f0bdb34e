/** Load on a served pipeline, as people put it there: what is printed, and how it ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { millrace, refusal, type Outcome } from './support/millrace.ts';
import { serve, type RunningServer } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

interface Result {
  sent: number;
  answered: number;
  failed: Record<string, number>;
  latency: Record<string, number>;
  slo: Record<string, { limit: number; within: number; met: boolean }>;
}

const input = ['--input', 'text=hello'];
const few = ['--rate', '200', '--queries', '40', '--connections', '2'];

function resultOf({ stdout }: Outcome): Result {
  return JSON.parse(stdout) as Result;
}

let server: RunningServer;
let tight: RunningServer;

/** URL of the pipeline that takes 300 ms for up to eight queries. */
function slow({ url }: RunningServer, scheme = 'http'): string {
  return `${url.replace('http', scheme)}/slow`;
}

beforeAll(async () => {
  const file = 'test/e2e/fixtures/slow/pipeline.yaml';
  [server, tight] = await Promise.all([serve([file]), serve([file, '--max-queries', '1'])]);
});

describe('millrace load', () => {
  it.each(['http', 'ws'])('has every query answered over %s, and prints JSON alone', async scheme => {
    const ended = await millrace([
      'load',
      slow(server, scheme),
      ...few,
      ...input,
      '--slo',
      '1 min',
      '--json',
    ]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const keys = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean'];
    const times = Object.fromEntries(keys.map(key => [key, expect.any(Number)]));
    expect(resultOf(ended)).toEqual({
      sent: 40,
      answered: 40,
      failed: {},
      latency: times,
      refusal: times,
      slo: { p99: { limit: 60_000, within: 1, met: true } },
      rate: { offered: expect.any(Number), answered: expect.any(Number) },
      lateness: { p50: expect.any(Number), p99: expect.any(Number) },
      seconds: expect.any(Number),
    });
    expect(resultOf(ended).latency['p50']).toBeGreaterThanOrEqual(300);
  });

  it.each(['http', 'ws'])('ends with 1 over %s if the objective is missed', async scheme => {
    const ended = await millrace(['load', slow(server, scheme), ...few, ...input, '--slo', '1 ms', '--json']);
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    expect(resultOf(ended)).toMatchObject({
      answered: 40,
      slo: { p99: { limit: 1, within: 0, met: false } },
    });
  });

  it.each(['http', 'ws'])('counts refusals over %s by their code', async scheme => {
    const ended = await millrace(['load', slow(tight, scheme), ...few, ...input, '--json']);
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    const { sent, answered, failed } = resultOf(ended);
    expect([sent, answered + failed['overloaded']!, Object.keys(failed)]).toEqual([40, 40, ['overloaded']]);
    expect(answered).toBeGreaterThan(0);
  });

  it('sends the queries of a trace', async () => {
    const trace = join(temporaryFolder(), 'trace.csv');
    writeFileSync(trace, 'arrival\n0\n0.01\n0.02\n0.02\n0.05\n');
    const ended = await millrace(['load', slow(server), '--trace', trace, ...input, '--json']);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(resultOf(ended)).toMatchObject({ sent: 5, answered: 5 });
  });

  it('tells people what it came to', async () => {
    const { status, stdout, stderr } = await millrace(['load', slow(server), ...few, ...input]);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/answered +40 +100\.0 %[^]*latencies count from when a query was due/);
  });
});

describe('a stress test', () => {
  it('passes where the load is held as many times as fast', async () => {
    const args = ['load', slow(server, 'ws'), ...few, ...input, '--slo', '1 min', '--stress', '2'];
    const { status, stdout, stderr } = await millrace(args);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/load +queries.s[^]*1× [^]*1\.41× [^]*2× [^]*passed: held at 2×/);
  });

  it('counts the same queries however fast they are sent', async () => {
    const args = ['load', slow(server, 'ws'), ...few, ...input, '--slo', '1 min', '--stress', '2'];
    const { stdout } = await millrace([...args, '--warm-up', '100 ms', '--json']);
    const { steps } = JSON.parse(stdout) as { steps: { result: Result }[] };
    const [first, ...others] = steps.map(({ result }) => result.sent);
    expect(first).toBeLessThan(40);
    expect(others).toEqual([first, first]);
  });

  it('fails where it is not, and says so', async () => {
    const args = ['load', slow(tight), ...few, ...input, '--slo', '1 min', '--stress', '2'];
    const { status, stderr } = await millrace(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/not held\n\nfailed: not held even as it is, asked for 2×/);
    const json = await millrace([...args, '--json']);
    expect(json).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      passed: false,
      held: 0,
      steps: [{ factor: 1, held: false, result: { sent: 40 } }],
    });
  });
});

describe('millrace load refuses', () => {
  it.each<[string, () => string[], RegExp]>([
    ['no URL', () => few, /load takes one URL/],
    ['a URL of no pipeline', () => [`${server.url}/`, ...few], /names no pipeline/],
    ['what is no URL', () => ['slow', ...few], /names no pipeline/],
    ['a name that can not be decoded', () => [`${server.url}/%zz`, ...few], /names no pipeline/],
    ['a pipeline that is not served', () => [`${server.url}/fast`, ...few, ...input], /answered 404/],
    ['a port where nobody is', () => ['http://127.0.0.1:1/slow', ...few, ...input], /no server answers at/],
    ['a missing input', () => [slow(server), ...few], /text/],
    ['no rate', () => [slow(server), ...input], /give --rate R/],
    [
      'a duration with a number of queries',
      () => [slow(server), ...few, '--duration', '1 s', ...input],
      /--duration and --queries exclude each other/,
    ],
    ['a stress of nothing', () => [slow(server), ...few, ...input, '--stress', '0'], /--stress takes/],
    ['a stress without end', () => [slow(server), ...few, ...input, '--stress', 'all'], /up to 1000/],
    [
      'a duration without a unit',
      () => [slow(server), '--rate', '1', '--duration', '5', ...input],
      /--duration takes a duration/,
    ],
  ])('%s', async (_, args, message) => {
    expect(await millrace(['load', ...args(), '--json'])).toEqual(refusal(2, message));
  });
});
