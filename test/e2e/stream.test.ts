/** Streams, on both web servers, with the client that ships and with one that knows no manners. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect, textOf, toPlain, type PartialResult, type PipelineClient } from 'millrace/client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { distance, goldenOf, samplesOf, shipped } from './support/pipelines.ts';
import { serve, webServers, type RunningServer } from './support/server.ts';
import { wavOf } from './support/wav.ts';

interface Segment {
  start: number;
  end: number;
}

const pictures = samplesOf('fashion').map(name => readFileSync(shipped('fashion', 'samples', name)));
const labels = samplesOf('fashion').map(name => goldenOf<{ labels: string[] }>('fashion', name).labels[0]);

const open: { close(): void }[] = [];

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

async function clientOf({ url }: RunningServer, pipeline: string): Promise<PipelineClient> {
  const client = await connect(url, pipeline);
  open.push(client);
  return client;
}

function labelOf(outputs: PartialResult['outputs']): unknown {
  return (toPlain(outputs['labels']!) as unknown[])[0];
}

/** A client's frame: text, masked with zeros. */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x81fe, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** A WebSocket that never reads but for the handshake. */
async function openUnread(url: string, pipeline: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  socket.on('error', () => {});
  const lines = [
    `GET /v2/models/${pipeline}/stream HTTP/1.1`,
    `Host: ${hostname}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

/** Bytes of a process that are in memory. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe.each(webServers)('a stream on %s', (_, env) => {
  let server: RunningServer;

  beforeAll(async () => {
    const limits = ['--window', '8', '--max-unread', '64 KiB', '--max-backlog', '256 KiB'];
    server = await serve(['fashion', 'speech', 'test/e2e/fixtures/slow', ...limits], { env });
  });

  it('answers, typed or not', async () => {
    const { url } = server;
    const client = await connect<{ inputs: { image: Uint8Array }; outputs: PartialResult['outputs'] }>(
      url,
      'fashion',
    );
    open.push(client);
    expect(client).toMatchObject({ pipeline: 'fashion', version: '1', window: 8, hasState: false });
    const { outputs } = await client.infer({ image: pictures[0]! }, { outputs: ['labels'] });
    expect(Object.keys(outputs)).toEqual(['labels']);
    expect(labelOf(outputs)).toBe(labels[0]);
  });

  it('keeps the order of many queries within its window', async () => {
    const client = await clientOf(server, 'fashion');
    const inputs = Array.from({ length: 100 }, (_, index) => ({ image: pictures[index % pictures.length]! }));
    const found: unknown[] = [];
    for await (const { index, outputs } of client.stream(inputs)) {
      expect(labelOf(outputs)).toBe(labels[index % labels.length]);
      found.push(index);
    }
    expect(found).toEqual(inputs.map((_, index) => index));
  });

  it('tells what each stage makes', async () => {
    const client = await clientOf(server, 'fashion');
    const stages: string[] = [];
    await client.infer({ image: pictures[0]! }, { partial: ({ stage }) => stages.push(stage) });
    expect(stages).toEqual(['decode', 'fit', 'normalise', 'classify', 'softmax', 'top']);
  });

  it('finds in speech that comes in pieces what it finds in the whole, and answers every piece', async () => {
    const client = await clientOf(server, 'speech');
    expect(client.hasState).toBe(true);
    const samples = readFileSync(shipped('speech', 'samples', 'two-sentences.wav')).subarray(44);
    const length = 2 * 4321;
    const pieces = Array.from({ length: Math.ceil(samples.length / length) }, (_, index) => ({
      audio: wavOf(samples.subarray(index * length, (index + 1) * length)),
    }));
    const last = pieces.pop()!;
    const found: Segment[][] = [];
    const type = { datatype: 'BYTES', content: 'application/json' } as const;
    for await (const { outputs } of client.stream(pieces, { last })) {
      found.push(toPlain(outputs['segments']!, type) as Segment[]);
    }
    expect(found).toHaveLength(pieces.length + 1);
    const times = (segments: readonly Segment[]) => segments.flatMap(({ start, end }) => [start, end]);
    const golden = goldenOf<{ segments: Segment[] }>('speech', 'two-sentences.wav').segments;
    expect(distance(times(found.flat()), times(golden))).toBeLessThan(0.05);
  });

  it('cancels what nobody waits for, and keeps to time limits', async () => {
    const client = await clientOf(server, 'slow');
    const stop = new AbortController();
    const answers = [
      client.infer({ text: 'a' }, { signal: stop.signal }),
      client.infer({ text: 'b' }, { timeout: 20 }),
      client.infer({ text: 'c' }),
    ];
    stop.abort();
    const outcomes = await Promise.allSettled(answers);
    expect(
      outcomes.map(outcome => (outcome.status === 'rejected' ? outcome.reason.code : 'answered')),
    ).toEqual(['cancelled', 'deadline-exceeded', 'answered']);
  });

  it('says why it can not be opened', async () => {
    await expect(connect(server.url, 'fashoin')).rejects.toMatchObject({ code: 'not-found' });
    await expect(connect(server.url, 'fashion', { version: '7' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('is closed on a client that asks and never reads, and takes no memory for it', async () => {
    const before = residentBytes(server.pid);
    const socket = await openUnread(server.url, 'fashion');
    socket.pause();
    const closed = new Promise(resolve => socket.once('close', resolve));
    const many = Buffer.concat(Array.from({ length: 1000 }, () => frameOf('{"id":"x","inputs":[]}')));
    const flood = () => {
      while (!socket.destroyed && socket.write(many));
      if (!socket.destroyed) socket.once('drain', flood);
    };
    flood();
    await closed;
    // 16 MiB may be unread, and V8 takes up to 48 for what is young.
    expect(residentBytes(server.pid) - before).toBeLessThan(128 * 1024 ** 2);
    const client = await clientOf(server, 'fashion');
    const { outputs } = await client.infer({ image: pictures[0]! });
    expect(labelOf(outputs)).toBe(labels[0]);
  });

  it('ends in order with its server: what was accepted is answered', async () => {
    const ending = await serve(['test/e2e/fixtures/slow'], { env });
    const client = await clientOf(ending, 'slow');
    const answers = ['a', 'b'].map(text => client.infer({ text }));
    // Answered once the server has those before it.
    await client.infer({ text: 'c' }, { outputs: ['none'] }).catch(() => {});
    const [outcome, ...answered] = await Promise.all([ending.stop(), ...answers]);
    expect(outcome.status).toBe(0);
    expect(answered.map(({ outputs }) => textOf(outputs['text'] as never))).toEqual(['a', 'b']);
  });

  it('is served with the module that a page needs for it', async () => {
    const response = await fetch(`${server.url}/client.js`);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await response.text()).toMatch(/export\{.*\bconnect\b/s);
  });
});
