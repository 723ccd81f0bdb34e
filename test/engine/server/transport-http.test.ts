/** HTTP on both web servers. */
import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { errorTable, type MillraceError } from '../../../operators/index.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../../../engine/server/transport.ts';
import { implementations, open, RawClient } from './support/transports.ts';

/** Replies with the body, or with what was wrong with it. */
const echo: HttpHandler = async (request): Promise<HttpReply> => {
  try {
    return { status: 200, body: await request.body() };
  } catch (error) {
    const { code, message } = error as MillraceError;
    return { status: errorTable[code].http, body: `${code}: ${message}` };
  }
};

function post(url: string, body: Uint8Array | string | ReadableStream, headers: Record<string, string> = {}) {
  return fetch(url, { method: 'POST', body: body as string, headers, duplex: 'half' });
}

/** A body of unknown length. */
function chunked(...pieces: Uint8Array[]): ReadableStream {
  return new Blob(pieces as Uint8Array<ArrayBuffer>[]).stream() as ReadableStream;
}

const head = (length: number, path = '/') =>
  `POST ${path} HTTP/1.1\r\nhost: test\r\ncontent-length: ${length}\r\n\r\n`;

describe.each(implementations)('HTTP on %s', (name, uws) => {
  it('says which it is, and hands over requests whole, however late they are looked at', async () => {
    const late = async (request: HttpRequest): Promise<HttpReply> => {
      await request.body();
      await new Promise(resolve => setImmediate(resolve));
      const { method, path, query, peer } = request;
      return { status: 201, body: JSON.stringify([method, path, query, peer, request.header('x-test')]) };
    };
    const { transport, url } = await open(uws, { http: late });
    expect(transport.implementation).toBe(name);
    const response = await post(`${url}/a%20b/c?d=1&e`, 'x', { 'X-Test': 'yes' });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual(['POST', '/a%20b/c', 'd=1&e', '127.0.0.1', 'yes']);
  });

  it('answers at once where there is nothing to wait for', async () => {
    const http: HttpHandler = request => ({
      status: 404,
      headers: { 'x-method': request.method, 'x-missing': `[${request.header('x-none')}]` },
      body: 'nothing',
    });
    const { url } = await open(uws, { http });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([404, 'nothing']);
    expect(response.headers.get('x-method')).toBe('GET');
    expect(response.headers.get('x-missing')).toBe('[]');
  });

  it('takes bodies of any kind of length, and gives back several pieces as one', async () => {
    const http: HttpHandler = async request => {
      const body = await request.body();
      return { status: 200, body: [body.subarray(0, 2), body.subarray(2)] };
    };
    const { url } = await open(uws, { http });
    expect(await (await post(url, 'plain')).text()).toBe('plain');
    expect(await (await post(url, '')).text()).toBe('');
    const pieces = [Buffer.from('one '), Buffer.from('two')];
    expect(await (await post(url, chunked(...pieces))).text()).toBe('one two');
    const large = Buffer.alloc(3_000_000, 'abc');
    expect(Buffer.from(await (await post(url, large)).arrayBuffer()).equals(large)).toBe(true);
  });

  it('replies to HEAD with the length alone', async () => {
    const { url } = await open(uws, { http: () => ({ status: 200, body: 'twelve bytes' }) });
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('12');
    expect(await response.text()).toBe('');
  });

  it('keeps a connection for the next request, and answers what was sent ahead in its order', async () => {
    const { port } = await open(uws, { http: request => ({ status: 200, body: request.path }) });
    const client = await RawClient.connect(port);
    client.write('GET /1 HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.until(/\/1$/);
    client.write('GET /2 HTTP/1.1\r\nhost: x\r\n\r\nGET /3 HTTP/1.1\r\nhost: x\r\n\r\n');
    expect((await client.until(/\/3$/)).match(/\/\d(?!\.)/g)).toEqual(['/1', '/2', '/3']);
  });

  it('mixes up no answers where a request is sent ahead of one that takes time', async () => {
    const { port } = await open(uws, {
      http: async request => {
        if (request.path === '/slow') await new Promise(resolve => setImmediate(resolve));
        return { status: 200, body: request.path };
      },
    });
    const client = await RawClient.connect(port);
    client.write(
      'GET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET /fast HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    // uWebSockets.js ends the connection instead.
    expect([[], ['/slow', '/fast']]).toContainEqual((await client.end()).match(/\/(slow|fast)/g) ?? []);
  });

  it('refuses a body over the limit once the client has sent it, and goes on with the connection', async () => {
    const { url, port } = await open(uws, { http: echo, limits: { message: 1000 } });
    expect((await post(url, Buffer.alloc(1000))).status).toBe(200);
    const refused = await post(url, Buffer.alloc(1001));
    expect([refused.status, await refused.text()]).toEqual([
      413,
      'too-large: the body has 1001 bytes; the limit is 1000',
    ]);
    expect((await post(url, chunked(Buffer.alloc(1001)))).status).toBe(413);
    const client = await RawClient.connect(port);
    client.write(head(1500) + 'x'.repeat(1500) + head(2) + 'ok');
    expect(await client.until(/ok$/)).toMatch(/413[^]*200 OK/);
  });

  it('drops the connection of a client that sends far more than the limit', async () => {
    const { port } = await open(uws, { http: echo, limits: { message: 1000 } });
    const declared = await RawClient.connect(port);
    declared.write(head(100_000_000));
    expect(await declared.end()).toMatch(/^HTTP\/1.1 413 /);
    const client = await RawClient.connect(port);
    client.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 4; sent++) client.write(`3e8\r\n${'x'.repeat(1000)}\r\n`);
    expect(await client.end()).toMatch(/^HTTP\/1.1 413 /);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('decompresses %s, within a limit of its own', async (encoding, compress) => {
    const limits = { message: 1000, decompressed: 100_000 };
    const { url } = await open(uws, { http: echo, limits });
    const plain = Buffer.alloc(100_000, 'mill ');
    const response = await post(url, compress(plain), { 'content-encoding': encoding });
    expect(Buffer.from(await response.arrayBuffer()).equals(plain)).toBe(true);
    const bomb = await post(url, compress(Buffer.alloc(100_001)), { 'content-encoding': encoding });
    expect([bomb.status, await bomb.text()]).toEqual([
      413,
      'too-large: the decompressed body is over the limit of 100000 bytes',
    ]);
    const broken = await post(url, 'no such thing', { 'content-encoding': encoding });
    expect([broken.status, await broken.text()]).toEqual([
      400,
      `invalid-input: the body is no valid ${encoding}`,
    ]);
  });

  it('refuses an encoding that it does not know', async () => {
    const { url } = await open(uws, { http: echo });
    const response = await post(url, 'x', { 'content-encoding': 'zip' });
    expect([response.status, await response.text()]).toEqual([
      415,
      'unsupported-type: content encoding "zip" is not taken here; send gzip, x-gzip, deflate, br',
    ]);
  });

  it('tells that the client has gone, while its body comes and while it waits', async () => {
    const errors: string[] = [];
    const requests: HttpRequest[] = [];
    const { transport, port } = await open(uws, {
      http: async request => {
        requests.push(request);
        await request.body().catch((error: MillraceError) => errors.push(error.code));
        await new Promise(resolve =>
          request.signal.addEventListener('abort', () => resolve(0), { once: true }),
        );
        return { status: 200 };
      },
    });
    const [half, whole] = [await RawClient.connect(port), await RawClient.connect(port)];
    half.write(`${head(10)}12345`);
    whole.write(`${head(5)}12345`);
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(transport.connections).toBe(2);
    half.socket.destroy();
    whole.socket.destroy();
    await vi.waitFor(() => expect(transport.connections).toBe(0));
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(errors).toEqual(['cancelled']);
  });

  it('does not touch a reply that comes after the client went', async () => {
    const replies: ((reply: HttpReply) => void)[] = [];
    const { transport, port, url } = await open(uws, {
      http: request =>
        request.path === '/' ? new Promise(resolve => replies.push(resolve)) : { status: 200, body: 'on' },
    });
    const client = await RawClient.connect(port);
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await vi.waitFor(() => expect(replies).toHaveLength(1));
    client.socket.destroy();
    await vi.waitFor(() => expect(transport.connections).toBe(0));
    replies[0]!({ status: 200, body: Buffer.alloc(1e6) });
    expect(await (await fetch(`${url}/on`)).text()).toBe('on');
  });

  it('counts a large reply until the client has it, and forgets one whose client goes', async () => {
    const large = Buffer.alloc(20_000_000, 'abcdefg');
    const { transport, port } = await open(uws, {
      http: async () => ({ status: 200, body: large }),
      limits: { bodies: 25_000_000 },
    });
    const ask = async () => {
      const client = await RawClient.connect(port);
      client.socket.pause();
      client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      await vi.waitFor(() => expect(transport.hasRoom(10_000_000)).toBe(false));
      return client;
    };
    const reader = await ask();
    reader.socket.resume();
    await vi.waitFor(() => expect(transport.hasRoom(10_000_000)).toBe(true), 10_000);
    await vi.waitFor(() => expect(reader.received.length).toBeGreaterThan(large.byteLength), 10_000);
    expect(reader.received.slice(-large.byteLength) === large.toString('latin1')).toBe(true);
    expect(transport.connections).toBe(0);
    const leaver = await ask();
    leaver.socket.destroy();
    await vi.waitFor(() => expect(transport.hasRoom(10_000_000)).toBe(true));
    expect(transport.connections).toBe(0);
  });

  it('refuses bodies that would be too much together, and takes them once there is room', async () => {
    const { url, port, transport } = await open(uws, { http: echo, limits: { bodies: 100_000 } });
    const first = await RawClient.connect(port);
    first.write(head(80_000) + 'x'.repeat(60_000));
    await vi.waitFor(() => expect(transport.hasRoom(50_000)).toBe(false));
    const refused = await post(url, Buffer.alloc(50_000));
    expect([refused.status, await refused.text()]).toEqual([
      429,
      'overloaded: the bodies of requests and replies on their way are at the limit; try again later',
    ]);
    first.write('x'.repeat(20_000));
    await vi.waitFor(() => expect(first.received.length).toBeGreaterThan(80_000));
    await vi.waitFor(() => expect(transport.hasRoom(100_000)).toBe(true));
    expect((await post(url, Buffer.alloc(50_000))).status).toBe(200);
  });

  it('keeps nothing of a body that comes after the answer', async () => {
    const { transport, port } = await open(uws, {
      http: async () => ({ status: 404, body: 'no' }),
      limits: { bodies: 50_000 },
    });
    const client = await RawClient.connect(port);
    client.write(head(100_000) + 'x'.repeat(40_000));
    await client.until(/no$/);
    client.write(`${'x'.repeat(60_000)}${head(0)}`);
    await client.until(/no[^]*no$/);
    expect(transport.hasRoom(50_000)).toBe(true);
    expect(transport.connections).toBe(0);
  });

  it('ends connections with their next reply once it no longer listens', async () => {
    const replies: ((reply: HttpReply) => void)[] = [];
    const { transport, port } = await open(uws, {
      http: () => new Promise(resolve => replies.push(resolve)),
    });
    const client = await RawClient.connect(port);
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await vi.waitFor(() => expect(replies).toHaveLength(1));
    transport.stopListening();
    replies[0]!({ status: 200, body: 'bye' });
    expect(await client.end()).toMatch(/connection: close[^]*bye$/i);
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says why it can not have a port', async () => {
    const { port } = await open(uws, {});
    await expect(open(uws, { port })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`port ${port} of 127.0.0.1 can't be opened: another program has it`),
    });
    await expect(open(uws, { host: '192.0.2.1' })).rejects.toMatchObject({
      message: expect.stringContaining('this machine does not have that address'),
    });
  });

  it('drops what is no HTTP, and answers others', async () => {
    const { url, port } = await open(uws, { http: () => ({ status: 200, body: 'fine' }) });
    for (const text of ['GARBAGE\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /\r\nx\r\n\r\n']) {
      const client = await RawClient.connect(port);
      client.write(text);
      client.socket.end();
      await once(client.socket, 'close');
    }
    expect(await (await fetch(url)).text()).toBe('fine');
  });
});
