/** WebSockets on both web servers. */
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { Socket, TransportOptions, Upgrade } from '../../../engine/server/transport.ts';
import { implementations, open, RawClient } from './support/transports.ts';

type Frame = string | number[];

/** A server's end, with what happened on it. */
class Server {
  readonly sockets: Socket[] = [];
  readonly events: unknown[] = [];
  answer: (socket: Socket, frame: string | Uint8Array) => void = (socket, frame) => socket.send(frame);
  greet: (socket: Socket) => void = () => {};

  upgrade(): Upgrade {
    return {
      open: socket => {
        this.sockets.push(socket);
        this.greet(socket);
        return {
          message: frame => this.answer(socket, frame),
          drained: () => this.events.push('drained'),
          closed: code => this.events.push(code),
        };
      },
    };
  }
}

async function start(
  uws: Parameters<typeof open>[0],
  server: Server,
  limits: Partial<TransportOptions['limits']> = {},
) {
  const opened = await open(uws, { limits, upgrade: () => server.upgrade() });
  return { ...opened, address: opened.url.replace('http', 'ws') };
}

async function client(address: string, options?: ClientOptions): Promise<WebSocket & { frames: Frame[] }> {
  const socket = new WebSocket(address, options);
  const frames: Frame[] = [];
  // Of large frames the beginning will do.
  const start = (data: Buffer) => [...data.subarray(0, 10)];
  socket.on('message', (data: Buffer, isBinary) => frames.push(isBinary ? start(data) : data.toString()));
  await once(socket, 'open');
  return Object.assign(socket, { frames });
}

async function closing(socket: WebSocket): Promise<[number, string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

/** A frame as a client sends it, with a mask of zeros. */
function rawFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const handshake = [
  'GET / HTTP/1.1',
  'host: x',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`,
  '\r\n',
].join('\r\n');

describe.each(implementations)('WebSockets on %s', (_, uws) => {
  it('open with a protocol of those the client knows, by what the request says', async () => {
    const seen: string[][] = [];
    const { url } = await open(uws, {
      upgrade: request => {
        const { method, path, query, peer } = request;
        seen.push([method, path, query, peer, request.header('sec-websocket-protocol')]);
        return { ...new Server().upgrade(), protocol: 'two' } as Upgrade;
      },
    });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/a?b=c`, ['one', 'two']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('two');
    expect(seen).toEqual([['GET', '/a', 'b=c', '127.0.0.1', 'one,two']]);
    socket.terminate();
  });

  it('are refused by any reply', async () => {
    const reply = { status: 429, headers: { 'retry-after': '1' }, body: '{"error":"full"}' };
    const { url, transport } = await open(uws, { upgrade: () => ({ refusal: reply }) });
    const socket = new WebSocket(url.replace('http', 'ws'));
    const [, response] = await once(socket, 'unexpected-response');
    const [body] = (await once(response, 'data')) as [Buffer];
    expect([response.statusCode, response.headers['retry-after'], body.toString()]).toEqual([
      429,
      '1',
      '{"error":"full"}',
    ]);
    expect(transport.connections).toBe(0);
  });

  it('carry texts and bytes both ways, in order, from the greeting on', async () => {
    const server = new Server();
    server.greet = socket => socket.sendAll(['hello', Uint8Array.of(1, 2), 'wörld']);
    const { address, transport } = await start(uws, server);
    const socket = await client(address);
    expect(server.sockets[0]!.peer).toBe('127.0.0.1');
    socket.send('text ü');
    socket.send(Buffer.from([3, 0, 255]));
    socket.send('');
    await vi.waitFor(() => expect(socket.frames).toHaveLength(6));
    expect(socket.frames).toEqual(['hello', [1, 2], 'wörld', 'text ü', [3, 0, 255], '']);
    expect(transport.connections).toBe(1);
    socket.close(4001);
    await vi.waitFor(() => expect(server.events).toEqual([4001]));
    expect(transport.connections).toBe(0);
    server.sockets[0]!.send('too late');
    server.sockets[0]!.sendAll(['too late']);
    server.sockets[0]!.close(1000, '');
    server.sockets[0]!.terminate();
    expect(server.sockets[0]!.buffered).toBe(0);
    expect(server.events).toEqual([4001]);
  });

  it('close with a code and a reason, after what was sent', async () => {
    const server = new Server();
    server.answer = socket => {
      socket.send('last');
      socket.close(1001, 'bye');
      socket.send('never');
    };
    const { address } = await start(uws, server);
    const socket = await client(address);
    socket.send('x');
    expect(await closing(socket)).toEqual([1001, 'bye']);
    expect(socket.frames).toEqual(['last']);
    await vi.waitFor(() => expect(server.events).toEqual([1001]));
  });

  it('can be closed as they open', async () => {
    const server = new Server();
    server.greet = socket => socket.close(1008, 'not you');
    const { address } = await start(uws, server);
    expect(await closing(new WebSocket(address))).toEqual([1008, 'not you']);
    await vi.waitFor(() => expect(server.events).toEqual([1008]));
  });

  it('drop without a word, from either end', async () => {
    const server = new Server();
    server.answer = socket => socket.terminate();
    const { address } = await start(uws, server);
    const dropped = await client(address);
    dropped.send('x');
    expect(await closing(dropped)).toEqual([1006, '']);
    const leaver = await client(address);
    leaver.terminate();
    await vi.waitFor(() => expect(server.events).toEqual([1006, 1006]));
  });

  it('close with 1009 on a frame over the limit', async () => {
    const server = new Server();
    const { address } = await start(uws, server, { message: 1000 });
    const socket = await client(address);
    socket.send(Buffer.alloc(1000));
    socket.send(Buffer.alloc(1001));
    expect((await closing(socket))[0]).toBe(1009);
    expect(socket.frames).toHaveLength(1);
    const far = await client(address);
    far.on('error', () => {});
    far.send(randomBytes(100_000));
    // Far beyond it, one of both drops the connection at once.
    expect([1006, 1009]).toContain((await closing(far))[0]);
    await vi.waitFor(() => expect(server.events).toHaveLength(2));
  });

  it('end on a text that is no UTF-8, and on what is no frame', async () => {
    const server = new Server();
    const { port } = await start(uws, server);
    for (const frame of [
      rawFrame(1, Buffer.from([0xff, 0xfe])),
      rawFrame(7, Buffer.from('x')),
      Buffer.alloc(9, 0xff),
    ]) {
      const raw = await RawClient.connect(port);
      raw.write(handshake);
      await raw.until(/\r\n\r\n/);
      raw.write(frame);
      raw.socket.resume();
      raw.socket.on('end', () => raw.socket.end());
      await raw.until(/./s);
      await vi.waitFor(() => expect(raw.socket.readableEnded || raw.socket.destroyed).toBe(true));
    }
    await vi.waitFor(() => expect(server.events).toHaveLength(3));
  });

  it('say how much waits for a slow reader, and when it has read', async () => {
    const server = new Server();
    const { address } = await start(uws, server, { backlog: 50_000_000 });
    const socket = await client(address);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
    const [end] = server.sockets as [Socket];
    socket.pause();
    const frame = Buffer.alloc(1_000_000);
    let sent = 0;
    for (; end.buffered < 2_000_000; sent++) end.send(frame);
    expect(server.events).toEqual([]);
    socket.resume();
    await vi.waitFor(() => expect(socket.frames).toHaveLength(sent), 10_000);
    await vi.waitFor(() => expect(server.events).toContain('drained'));
    expect(end.buffered).toBe(0);
  });

  it('drop a reader that leaves more waiting than the limit', async () => {
    const server = new Server();
    const { address } = await start(uws, server, { backlog: 3_000_000 });
    const socket = await client(address);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
    const [end] = server.sockets as [Socket];
    socket.pause();
    const frame = Buffer.alloc(1_000_000);
    let most = 0;
    while (server.events.length === 0) {
      for (let frames = 0; frames < 10; frames++) end.send(frame);
      most = Math.max(most, end.buffered);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(server.events.at(-1)).toBe(1006);
    expect(most).toBeLessThanOrEqual(4_100_000);
    expect(end.buffered).toBe(0);
    socket.resume();
    socket.on('error', () => {});
    await closing(socket);
  });

  it('drop a client that gives no sign of life', async () => {
    const server = new Server();
    const { address } = await start(uws, server, { idle: 8000 });
    const [dead, alive] = [await client(address, { autoPong: false }), await client(address)];
    const closed = closing(dead);
    expect((await closed)[0]).toBe(1006);
    expect(alive.readyState).toBe(WebSocket.OPEN);
    await vi.waitFor(() => expect(server.events).toEqual([1006]));
    alive.terminate();
  });
});
