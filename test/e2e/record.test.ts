/** What a server recorded drives planning, predictions, rehearsals and load. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readRecording } from 'millrace';
import type { RecordedLine } from '../../planner/index.ts';
import { millrace, refusal, root } from './support/millrace.ts';
import { serve } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

const folder = join(root, 'test/e2e/fixtures/parcels');
const slow = join(root, 'test/e2e/fixtures/slow');
const made = temporaryFolder();
const traffic = join(made, 'traffic.jsonl');
/** The pipeline as it can be served: as it stands, its `tidy` is for planning alone. */
const served = join(made, 'parcels.yaml');
const source = readFileSync(join(folder, 'pipeline.yaml'), 'utf8');
const tidy = /each: find.items(\s+operator: emulate\s+inputs: \{ in: )read.out/;
writeFileSync(served, source.replace(tidy, 'each: read.out$1item'));
const files = ['--profile', folder, '--hardware', join(folder, 'hardware.yaml')];
const estimating = ['estimate', folder, '--plan', join(folder, 'plan.yaml'), ...files];

function linesIn(path: string): Record<string, unknown>[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as Record<string, unknown>);
}

beforeAll(async () => {
  const server = await serve([served, slow, '--record', traffic, '--record-payloads']);
  const address = server.url.replace('http', 'ws');
  const input = [
    '--input',
    'picture=one',
    '--rate',
    '30',
    '--queries',
    '60',
    '--connections',
    '2',
    '--slo',
    '1 min',
  ];
  await millrace(['load', `${address}/parcels`, ...input]);
  await millrace(['load', `${address}/slow`, '--rate', '9', '--queries', '3', '--input', 'text=other']);
  await server.stop();
});

describe('a server that records', () => {
  it('writes a line for each query, with its way and its times', async () => {
    const [header, ...queries] = linesIn(traffic);
    expect(header).toEqual({
      millrace: 'recording/1',
      started: expect.any(String),
      pipelines: {
        parcels: { stages: ['decode', 'find', 'read', 'tidy', 'translate'] },
        slow: { stages: ['wait'] },
      },
    });
    const parcels = queries.filter(({ pipeline }) => pipeline === 'parcels') as unknown as RecordedLine[];
    expect([queries.length, parcels.length]).toEqual([63, 60]);
    for (const { outcome, arrival, latency, work, inputs } of parcels) {
      expect({ outcome, inputs }).toEqual({
        outcome: 'ok',
        inputs: [{ name: 'picture', datatype: 'BYTES', shape: [1], base64: expect.any(String) }],
      });
      expect(arrival).toBeGreaterThan(0);
      expect(latency).toBeGreaterThan(90);
      const items = Object.fromEntries(work.map(({ stage, items }) => [stage, items]));
      expect({ translate: 1, ...items }).toEqual({ decode: 1, find: 1, read: 3, tidy: 3, translate: 1 });
      expect(
        work.every(({ hardware, service, batch }) => hardware.startsWith('cpu') && service > 0 && batch >= 1),
      ).toBe(true);
    }
  });

  it('keeps what it wrote when it is killed, and the next one goes on with it', async () => {
    const path = join(made, 'killed.jsonl');
    const ask = async (url: string) => {
      const body = {
        inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] }],
        parameters: { priority: 2 },
      };
      const reply = await fetch(`${url}/v2/models/slow/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(reply.status).toBe(200);
    };
    const first = await serve([slow, '--record', path]);
    await ask(first.url);
    await vi.waitFor(() => expect(linesIn(path)).toHaveLength(2), { timeout: 10_000 });
    await first.stop('SIGKILL');
    appendFileSync(path, '{"pipeline":"sl');
    const second = await serve([slow, '--record', path]);
    await ask(second.url);
    await second.stop();
    const { queries } = await readRecording(path);
    expect(queries).toMatchObject([
      { outcome: 'ok', priority: 2 },
      { outcome: 'ok', priority: 2 },
    ]);
    expect(queries[0]).not.toHaveProperty('inputs');
  });

  it('answers on, and says so, when the disk takes no more', async () => {
    const path = join(made, 'disk.jsonl');
    const launcher = ['sh', '-c', 'ulimit -f 1; exec "$0" "$@"'];
    const server = await serve([slow, '--record', path], { launcher });
    const url = `${server.url}/slow`;
    const much = [
      '--rate',
      '100',
      '--queries',
      '50',
      '--connections',
      '2',
      '--input',
      'text=much',
      '--slo',
      '1 min',
    ];
    expect(await millrace(['load', url, ...much])).toMatchObject({ status: 0 });
    const { status, stderr } = await server.stop();
    expect(status).toBe(0);
    expect(stderr.match(/disk.jsonl can't be written: nothing more is recorded/g)).toHaveLength(1);
  });

  it.each<[string, () => string[], RegExp]>([
    [
      'where there is no folder',
      () => ['--record', join(made, 'nowhere', 'traffic.jsonl')],
      /there is no such folder/,
    ],
    ['in a folder', () => ['--record', made], /nothing can be recorded in \S+: it is a folder/],
    [
      'into a plan',
      () => ['--record', join(folder, 'plan.yaml')],
      /it is there already, and is no recording/,
    ],
    ['inputs into nothing', () => ['--record-payloads'], /--record-payloads goes with --record/],
    [
      'up to a limit without a unit',
      () => ['--record', traffic, '--record-limit', '5'],
      /did you mean "5 MiB"/,
    ],
  ])('does not start if it can not, %s', async (_, args, message) => {
    expect(await millrace(['serve', slow, ...args(), '--port', '0'])).toEqual(refusal(2, message));
  });
});

describe('a recording as a trace', () => {
  it('is what plans are made for, and found again by their files', async () => {
    const out = join(made, 'parcels.plan.yaml');
    const quick = ['--space', 'single-pool', '--max-replicas', '8', '--seeds', '2'];
    const planned = await millrace(['plan', folder, '--trace', traffic, ...files, ...quick, '--out', out]);
    expect(planned).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(out, 'utf8')).toContain('queries: 60');
    expect(await millrace(['estimate', folder, '--plan', out, ...files])).toMatchObject({ status: 0 });
  });

  it('says how many items queries have, unless those of the profile are asked for', async () => {
    const predicted = async (...more: string[]) => {
      const { stdout, stderr } = await millrace([...estimating, '--trace', traffic, '--json', ...more]);
      expect(stderr).toBe('');
      return (JSON.parse(stdout) as { predicted: unknown }).predicted;
    };
    const own = await predicted();
    expect(await predicted('--counts', 'recording')).toEqual(own);
    expect(await predicted('--counts', 'profile')).not.toEqual(own);
  });

  it('is rehearsed, at another rate', async () => {
    const few = ['--trace', traffic, '--rate', '20', '--queries', '20', '--json', '--slo', '1 min'];
    const { status, stdout } = await millrace([
      'rehearse',
      folder,
      '--plan',
      join(folder, 'plan.yaml'),
      ...files,
      ...few,
    ]);
    expect(status).toBe(0);
    const { workload, measured } = JSON.parse(stdout) as {
      workload: { rate: number };
      measured: { stages: { name: string; items: number }[] };
    };
    expect(workload.rate).toBe(20);
    expect(measured.stages.find(({ name }) => name === 'read')).toMatchObject({ items: 3 });
  });

  it('is sent again, with the inputs that it holds', async () => {
    const again = join(made, 'again.jsonl');
    const server = await serve([served, '--record', again, '--record-payloads']);
    for (const scheme of ['ws', 'http']) {
      const url = `${server.url.replace('http', scheme)}/parcels`;
      const sent = await millrace([
        'load',
        url,
        '--trace',
        traffic,
        '--queries',
        '20',
        '--slo',
        '1 min',
        '--json',
      ]);
      expect(sent).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(sent.stdout)).toMatchObject({ sent: 20, answered: 20 });
    }
    await server.stop();
    const inputs = async (path: string) =>
      (await readRecording(path, { pipeline: 'parcels', inputs: true })).queries.map(query => query.inputs);
    expect((await inputs(again)).slice(0, 20)).toEqual((await inputs(traffic)).slice(0, 20));
  });

  it('is a stress gate: sent faster and faster', async () => {
    const server = await serve([served]);
    const url = `${server.url}/parcels`;
    const args = [
      'load',
      url,
      '--trace',
      traffic,
      '--queries',
      '20',
      '--slo',
      '1 min',
      '--stress',
      '2',
      '--json',
    ];
    const { status, stdout } = await millrace(args);
    expect(status).toBe(0);
    const { passed, steps } = JSON.parse(stdout) as {
      passed: boolean;
      steps: { result: { sent: number } }[];
    };
    expect([passed, ...steps.map(({ result }) => result.sent)]).toEqual([true, 20, 20, 20]);
    await server.stop();
  });

  it.each<[string, string, 1 | 2, RegExp]>([
    [
      'of other pipelines',
      '{"millrace":"recording/1","started":"2026-01-01","pipelines":{"a":{"stages":[]}}}\n',
      1,
      /not of "parcels"/,
    ],
    ['of another version', '{"millrace":"recording/2"}\n', 1, /reads version 1 of a recording, not 2/],
    ['of nothing', '', 1, /the recording is empty/],
    ['that is none', 'arrival\n1\n', 1, /this is no recording/],
  ])('%s is refused', async (name, text, status, message) => {
    const path = join(made, `${name.replaceAll(' ', '-')}.jsonl`);
    writeFileSync(path, text);
    expect(await millrace([...estimating, '--trace', path])).toEqual(refusal(status, message));
  });

  it.each<[string, string[], RegExp]>([
    ['that is not there', ['--trace', join(made, 'none.jsonl')], /there is no recording/],
    [
      'is wanted for --counts recording',
      ['--rate', '5', '--counts', 'recording'],
      /takes a recording as --trace/,
    ],
    [
      'has no other counts',
      ['--trace', traffic, '--counts', 'mine'],
      /--counts takes profile or recording, not "mine"/,
    ],
  ])('%s', async (_, args, message) => {
    expect(await millrace([...estimating, ...args])).toEqual(refusal(2, message));
  });
});
