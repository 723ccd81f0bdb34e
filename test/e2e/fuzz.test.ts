/**
 * Thousands of requests and frames that are wrong somewhere, drawn from a seed: each is answered with a known error, or
 * as if nothing were wrong where nothing is; whoever comes next is answered right; and nothing is left behind.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { errorTable } from '../../operators/errors.ts';
import { Chance } from './support/fuzz/chance.ts';
import { frame } from './support/fuzz/frames.ts';
import { httpRequest, rawRequest, type FuzzRequest, type Target } from './support/fuzz/requests.ts';
import { serve, webServers, type RunningServer } from './support/server.ts';
import { temporaryFolder } from './support/temporary.ts';

/** Of each web server; over both they are 10,000. */
const counts = { http: 2600, raw: 400, sockets: 250, framesEach: 8 };
const seed = 20_261_125;

const echo = (datatype: string, shape: string) => `millrace: pipeline/1
name: ${datatype.toLowerCase()}
inputs: { in: { datatype: ${datatype}, shape: ${shape} } }
stages:
  wait: { operator: emulate, inputs: { in: inputs.in }, params: { latency: { 1: 1 ms, 8: 1 ms } } }
outputs: { out: wait.out }
`;

const text = Buffer.concat([Buffer.from([5, 0, 0, 0]), Buffer.from('hello')]);
const pixels = Array.from({ length: 784 }, (_, index) => index % 256);
const targets: Target[] = [
  {
    pipeline: 'fashion-tensor',
    input: { name: 'pixels', datatype: 'UINT8', shape: [28, 28], data: pixels },
    raw: Buffer.from(pixels),
  },
  { pipeline: 'bytes', input: { name: 'in', datatype: 'BYTES', shape: [1], data: ['hello'] }, raw: text },
  {
    pipeline: 'int64',
    input: { name: 'in', datatype: 'INT64', shape: [2], data: [1, 2] },
    raw: Buffer.from(new BigInt64Array([1n, 2n]).buffer),
  },
];
/** Its state is a sequence's: of these only a stream opens one that ends with it. */
const stateful: Target = {
  pipeline: 'sequence',
  input: { name: 'text', datatype: 'BYTES', shape: [1], data: ['hello'] },
  raw: text,
};

/** What no client should see: a stack, or where something is on the machine. */
const inside = /\n\s*at |node_modules|\.[mc]?[jt]s:\d|\/(?:home|root|usr|tmp|work|dist|engine)\//;
const codes = new Set(Object.keys(errorTable));

interface Status {
  pipelines: { name: string; live: { queries: number; bytes: number; sequences: number } }[];
}

/** Says what is wrong with a reply; null if it is as it should be. */
function complaint(request: FuzzRequest, status: number, body: string): string | null {
  if (status < 400) return status >= 200 ? null : 'no final status';
  if (inside.test(body.replaceAll(request.path, ''))) return 'it tells of the inside';
  // To it, bodies stay behind.
  if (request.method === 'HEAD') return null;
  const { error, message = error } = JSON.parse(body) as { error?: unknown; message?: unknown };
  if (typeof message !== 'string') return 'there is no message';
  const code = message.split(': ', 1)[0]!;
  if (!codes.has(code)) return 'the code is not known';
  const expected = errorTable[code as keyof typeof errorTable].http;
  return status === expected || status === 405 ? null : `the status of ${code} is ${expected}`;
}

/** Does something `count` times, eight at a time. */
async function several(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

describe.each(webServers)('a server on %s', (_, env) => {
  let server: RunningServer;
  let pool: Pool;

  beforeAll(async () => {
    const folder = temporaryFolder();
    const files = ['BYTES [1]', 'INT64 [2]'].map(type => {
      const [datatype, shape] = type.split(' ') as [string, string];
      const file = join(folder, `${datatype}.yaml`);
      writeFileSync(file, echo(datatype, shape));
      return file;
    });
    const shipped = ['pipelines/fashion/tensor.yaml', 'test/e2e/fixtures/sequence/pipeline.yaml'];
    server = await serve([...shipped, ...files, '--max-message', '1 MiB'], {
      // What clients do wrong is told below that: what is left is our own.
      env: { ...env, MILLRACE_LOG: 'error' },
    });
    pool = new Pool(server.url, { connections: 8, pipelining: 1 });
  });
  afterAll(() => pool.destroy());

  it('answers every request over HTTP, or says by a known code why not', async () => {
    const outcomes = new Map<number, number>();
    const problems: string[] = [];
    await several(counts.http, async index => {
      const request = httpRequest(new Chance(seed + index), targets);
      const { method, path, headers, body } = request;
      const reply = await pool.request({ method, path, headers, body });
      const said = await reply.body.text();
      const { statusCode } = reply;
      outcomes.set(statusCode, (outcomes.get(statusCode) ?? 0) + 1);
      const wrong = complaint(request, statusCode, said);
      if (wrong !== null)
        problems.push(`request ${index}: ${wrong}: ${method} ${path} ${statusCode} ${said.slice(0, 300)}`);
    });
    expect(problems).toEqual([]);
    // They are not all refused at the door, nor does everything pass.
    expect(outcomes.get(200)).toBeGreaterThan(counts.http / 100);
    expect(outcomes.get(400)).toBeGreaterThan(counts.http / 4);
  });

  it('outlives whatever is written to its port', async () => {
    const { port } = new URL(server.url);
    const problems: string[] = [];
    await several(counts.raw, async index => {
      const socket = connect(Number(port), '127.0.0.1');
      // A reset is one way to be dropped.
      socket.on('error', () => {});
      const closed = new Promise(resolve => socket.once('close', resolve));
      let said = '';
      socket.on('data', chunk => {
        said += chunk.toString('latin1');
      });
      socket.end(rawRequest(new Chance(seed + index), targets));
      await closed;
      if (!/^(?:$|HTTP\/1\.1 [2-5]\d\d )/.test(said) || inside.test(said))
        problems.push(`request ${index}: ${said.slice(0, 300)}`);
    });
    expect(problems).toEqual([]);
  });

  it('answers every frame, or closes with a code that says why not', async () => {
    const ends = new Map<number, number>();
    const problems: string[] = [];
    await several(counts.sockets, async index => {
      const chance = new Chance(seed + index);
      const target = chance.pick([...targets, stateful]);
      const ordered = chance.pick(['', '?ordered=true']);
      const socket = new WebSocket(
        `${server.url.replace('http', 'ws')}/v2/models/${target.pipeline}/stream${ordered}`,
        'millrace.v1',
      );
      const closed = new Promise<[number, string]>(resolve =>
        socket.once('close', (code, reason) => resolve([code, reason.toString()])),
      );
      await once(socket, 'open');
      socket.on('error', ({ message }) => problems.push(`socket ${index}: ${message}`));
      const frames = Array.from({ length: counts.framesEach }, () => frame(chance, target));
      socket.on('message', (data: Buffer, isBinary) => {
        const json = isBinary ? data.subarray(4, 4 + data.readUInt32LE()) : data;
        const { id, error } = JSON.parse(json.toString()) as {
          id?: string;
          error?: { code: string; message: string };
        };
        if (error && (!codes.has(error.code) || inside.test(error.message)))
          problems.push(`socket ${index}: ${json.toString()}`);
        // Every answer is out by then: it has an id of its own, and closes the rest.
        if (id === 'last') socket.close(1000);
      });
      for (const sent of frames) socket.send(sent);
      socket.send(JSON.stringify({ id: 'last', inputs: [target.input] }));
      const [code, reason] = await closed;
      ends.set(code, (ends.get(code) ?? 0) + 1);
      if (![1000, 1007, 1009].includes(code) || inside.test(reason))
        problems.push(`socket ${index}: ${code} ${reason}`);
    });
    expect(problems).toEqual([]);
    expect(ends.get(1000)).toBeGreaterThan(0);
    expect(ends.get(1007)).toBeGreaterThan(0);
  });

  it('answers right after all that, and holds nothing any more', async () => {
    const body = JSON.stringify({
      inputs: [{ name: 'in', datatype: 'INT64', shape: [2], data: [0, -7] }],
    }).replace('[0,', '[9007199254740993,');
    const answer = await fetch(`${server.url}/v2/models/int64/infer`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.text()).toContain('"data":[9007199254740993,-7]');
    await vi.waitFor(
      async () => {
        const { pipelines } = (await (await fetch(`${server.url}/v2/millrace/status`)).json()) as Status;
        // A sequence that a client named outlives its connection for a while.
        const live = pipelines.map(({ live: { queries, bytes } }) => [queries, bytes]);
        expect(live).toEqual(pipelines.map(() => [0, 0]));
      },
      { timeout: 10_000 },
    );
  });

  it('ends when it is asked to, without a word of what it saw', async () => {
    expect(await server.stop()).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
