/** The server on both web servers, with pipelines whose stages run in this thread. */
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Engine, localReplicas, realClock } from '../../../engine/index.ts';
import type { Access } from '../../../engine/server/access.ts';
import { KeyAccess } from '../../../engine/server/access/key-access.ts';
import { Origins } from '../../../engine/server/access/origins.ts';
import { jsonReply, refuseAsJson } from '../../../engine/server/exchange.ts';
import { defaultServerLimits } from '../../../engine/server/limits.ts';
import { openInferenceRoutes } from '../../../engine/server/open-inference/routes.ts';
import { Repository } from '../../../engine/server/repository.ts';
import type { Handler, Route } from '../../../engine/server/router.ts';
import { Server, type ServerOptions } from '../../../engine/server/server.ts';
import { Service } from '../../../engine/server/service.ts';
import { MillraceError } from '../../../operators/index.ts';
import { deploymentOf } from '../../support/virtual-engine.ts';
import { madePipeline } from '../../support/served.ts';
import { implementations, RawClient } from './support/transports.ts';

const running: Server[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close(0);
});

type Settings = Omit<Partial<ServerOptions>, 'limits'> & { limits?: Partial<ServerOptions['limits']> };

async function start({ limits, ...options }: Settings): Promise<Server> {
  const server = await Server.start({
    repository: new Repository(),
    routes: [],
    host: '127.0.0.1',
    port: 0,
    log: { warn: () => {}, error: () => {} },
    ...options,
    limits: { ...defaultServerLimits, ...limits },
  });
  running.push(server);
  return server;
}

function route(path: string, handle: Handler, settings: Partial<Route> = {}): Route {
  return { method: 'GET', path, access: 'open', refuse: refuseAsJson, handle, ...settings };
}

const portOf = ({ url }: Server) => Number(new URL(url).port);

/** A service of one stage that takes `latency`, with one replica; and how many items that has begun. */
async function slowService(latency: string): Promise<{ service: Service; begun: () => number }> {
  const pipeline = await madePipeline({
    inputs: '{ text: { datatype: BYTES, shape: [1] } }',
    stages: `  wait: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: ${latency} } } }`,
    outputs: '{ out: wait.out }',
  });
  let begun = 0;
  const events = { batchDone: () => begun++ };
  const service = new Service({
    pipeline,
    version: '1',
    listeners: [],
    start: async () => ({
      engine: await Engine.start(pipeline, {
        replicas: localReplicas(realClock),
        deployment: deploymentOf(pipeline),
        events,
      }),
      plan: null,
    }),
  });
  return { service, begun: () => begun };
}

async function startSlow(latency: string, settings: Settings = {}) {
  const { service, begun } = await slowService(latency);
  const repository = new Repository();
  repository.add(service);
  await service.load();
  const routes = openInferenceRoutes(repository, { limits: { batch: 10 }, version: '1' });
  const server = await start({ ...settings, repository, routes });
  const infer = () =>
    fetch(`${server.url}/v2/models/made/infer`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    });
  return { server, service, begun, infer };
}

const inferHead = [
  'POST /v2/models/made/infer HTTP/1.1',
  'host: 127.0.0.1',
  'content-type: text/plain',
  'content-length: 1',
  '\r\n',
].join('\r\n');

describe.each(implementations)('the server on %s', (name, uws) => {
  it('names every request, as the client does if that can be logged', async () => {
    const seen: string[] = [];
    const handle: Handler = ({ requestId, client, values }) => {
      seen.push(requestId);
      return jsonReply(JSON.stringify({ client, values }));
    };
    const server = await start({ uws, routes: [route('/{what}', handle)] });
    expect(server.implementation).toBe(name);
    const named = await fetch(`${server.url}/a%20b`, { headers: { 'x-request-id': 'mine-1' } });
    expect(named.headers.get('x-request-id')).toBe('mine-1');
    expect(await named.json()).toEqual({ client: '127.0.0.1', values: { what: 'a b' } });
    const unnamed = await fetch(`${server.url}/x`, { headers: { 'x-request-id': 'a b' } });
    expect(unnamed.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(seen).toEqual(['mine-1', unnamed.headers.get('x-request-id')]);
  });

  it('says in JSON that there is nothing, or not by this method', async () => {
    const server = await start({
      uws,
      routes: [
        route('/a', () => jsonReply('{}')),
        route('/a', () => jsonReply('{}'), { method: 'POST' }),
        route('/b', () => jsonReply('{}'), { method: 'POST' }),
        route('/m/{name}', () => jsonReply('{}')),
      ],
    });
    const ask = async (method: string, path: string) => {
      const response = await fetch(server.url + path, { method });
      return [response.status, response.headers.get('allow'), await response.text()];
    };
    expect(await ask('GET', '/c')).toEqual([404, null, '{"error":"not-found: there is nothing at /c"}']);
    expect(await ask('GET', '/m/%ff')).toEqual([
      400,
      null,
      '{"error":"invalid-input: the path has a part that can\'t be decoded: %ff"}',
    ]);
    expect(await ask('DELETE', '/a')).toEqual([
      405,
      'GET, POST, HEAD',
      '{"error":"invalid-input: DELETE is not taken at /a, but GET, POST, HEAD"}',
    ]);
    expect(await ask('HEAD', '/a')).toEqual([200, null, '']);
    expect(await ask('HEAD', '/b')).toEqual([405, 'POST', '']);
    expect(await ask('OPTIONS', '/b')).toEqual([204, 'POST, OPTIONS', '']);
  });

  it('tells errors in the shape of their route, and says nothing of mistakes of its own', async () => {
    const logged: unknown[] = [];
    const refuse: Route['refuse'] = ({ code }) => ({ status: 418, body: `teapot ${code}` });
    const mistake = () => {
      throw new Error('secret at /home/someone/file.ts');
    };
    const server = await start({
      uws,
      log: { warn: () => {}, error: (fields, message) => logged.push([fields, message]) },
      routes: [
        route('/own', async () => Promise.reject(new MillraceError('overloaded', 'no')), { refuse }),
        route('/now', mistake),
        route('/later', async () => mistake()),
      ],
    });
    const own = await fetch(`${server.url}/own`);
    expect([own.status, await own.text(), own.headers.get('retry-after')]).toEqual([
      418,
      'teapot overloaded',
      '1',
    ]);
    for (const path of ['/now', '/later']) {
      const response = await fetch(server.url + path, { headers: { 'x-request-id': 'r1' } });
      expect([response.status, await response.json()]).toEqual([
        500,
        { error: 'stage-failed: the server failed on this request; its log says why' },
      ]);
    }
    const line = [
      { err: expect.objectContaining({ message: expect.stringContaining('secret') }), requestId: 'r1' },
      'a request failed for a reason that is not known',
    ];
    expect(logged).toEqual([line, line]);
  });

  it('asks whether the client may, before anything is read or run', async () => {
    const asked: unknown[] = [];
    const access: Access = {
      check: ({ path }, kind, pipeline) => {
        asked.push([path, kind, pipeline]);
        if (kind === 'manage') throw new MillraceError('unauthenticated', 'no key');
        return 'alice';
      },
      allowsOrigin: () => false,
      allowsHost: () => true,
      refusalHeaders: ({ code }, client) => ({ 'x-why': `${code} for ${client}` }),
    };
    const server = await start({
      uws,
      access,
      routes: [
        route('/{model}', ({ client }) => jsonReply(`"${client}"`)),
        route('/do/it', () => jsonReply('"done"'), { method: 'POST', access: 'manage' }),
      ],
    });
    expect(await (await fetch(`${server.url}/ocr`)).json()).toBe('alice');
    const refused = await fetch(`${server.url}/do/it`, { method: 'POST', body: 'x' });
    expect([refused.status, await refused.json()]).toEqual([401, { error: 'unauthenticated: no key' }]);
    expect(refused.headers.get('x-why')).toBe('unauthenticated for 127.0.0.1');
    expect(asked).toEqual([
      ['/ocr', 'open', 'ocr'],
      ['/do/it', 'manage', undefined],
    ]);
  });

  it('lets pages ask that came from itself or are allowed, and runs nothing for others', async () => {
    let ran = 0;
    const access = new KeyAccess(null, new Origins(['https://good.example'], '127.0.0.1'));
    const server = await start({
      uws,
      access,
      routes: [route('/x', () => jsonReply(`${++ran}`), { method: 'POST' })],
    });
    const ask = (origin: string, method = 'POST', headers = {}) =>
      fetch(`${server.url}/x`, { method, headers: { origin, ...headers } });
    const allowed = await ask('https://good.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://good.example');
    expect(allowed.headers.get('vary')).toBe('origin');
    const same = await ask(server.url);
    expect([same.status, same.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    const other = await ask('https://bad.example');
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([401, null]);
    expect(ran).toBe(2);
    const preflight = await ask('https://good.example', 'OPTIONS', {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    });
    expect([preflight.status, Object.fromEntries(preflight.headers)]).toEqual([
      204,
      expect.objectContaining({
        'access-control-allow-origin': 'https://good.example',
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': 'content-type',
      }),
    ]);
    const socket = new WebSocket(server.url.replace('http', 'ws'), { origin: 'https://bad.example' });
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(401);
  });

  it('refuses one connection too many, and answers whether it lives all the same', async () => {
    const replies: (() => void)[] = [];
    const wait: Handler = () => new Promise(resolve => replies.push(() => resolve(jsonReply('"done"'))));
    const server = await start({
      uws,
      limits: { connections: 2 },
      routes: [route('/wait', wait), route('/live', () => jsonReply('"yes"'), { access: 'public' })],
    });
    const waiting = [fetch(`${server.url}/wait`), fetch(`${server.url}/wait`)];
    await vi.waitFor(() => expect(replies).toHaveLength(2));
    const refused = await fetch(`${server.url}/wait`);
    expect([refused.status, await refused.json(), refused.headers.get('retry-after')]).toEqual([
      429,
      { error: 'overloaded: 2 connections are in use, which is the limit; try again later' },
      '1',
    ]);
    const socket = new WebSocket(server.url.replace('http', 'ws'));
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(429);
    expect(await (await fetch(`${server.url}/live`)).json()).toBe('yes');
    for (const reply of replies) reply();
    expect(await Promise.all(waiting.map(async answer => (await answer).json()))).toEqual(['done', 'done']);
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it('refuses to keep replies that nobody reads beyond the limit', async () => {
    const server = await start({
      uws,
      limits: { bodies: 25_000_000 },
      routes: [route('/large', async () => ({ status: 200, body: Buffer.alloc(20_000_000) }))],
    });
    const slow = await RawClient.connect(portOf(server));
    slow.socket.pause();
    slow.write('GET /large HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await vi.waitFor(() => expect(server.connections).toBe(1));
    const refused = await vi.waitFor(async () => {
      const response = await fetch(`${server.url}/large`);
      expect(response.status).toBe(429);
      return response;
    });
    expect(await refused.json()).toEqual({
      error: 'overloaded: replies that clients do not read are at the limit; try again later',
    });
    slow.socket.destroy();
    await vi.waitFor(() => expect(server.connections).toBe(0));
    expect((await (await fetch(`${server.url}/large`)).arrayBuffer()).byteLength).toBe(20_000_000);
  });

  it('cancels the queries of clients that go away, before they start', async () => {
    const { server, service, begun } = await startSlow('100 ms', { uws });
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(portOf(server))));
    for (const client of clients) client.write(`${inferHead}x`);
    await vi.waitFor(() => expect(service.engine!.status().queries).toBe(20));
    for (const client of clients) client.socket.destroy();
    await vi.waitFor(() => expect(service.engine!.status().queries).toBe(0));
    await vi.waitFor(() => {
      const [group] = service.engine!.status().groups;
      expect([group!.waiting, group!.pools[0]!.busy]).toEqual([0, 0]);
    });
    expect(begun()).toBeLessThanOrEqual(3);
    expect(server.connections).toBe(0);
    expect(service.engine!.status().bytes).toBe(0);
  });

  it('answers what it accepted before it ends, and denies that it is ready meanwhile', async () => {
    const goAway = vi.fn<(limit: number) => Promise<void>>(async () => {});
    const streams = { upgrade: () => ({ refusal: { status: 404 } }), goAway };
    const { server, service, infer } = await startSlow('200 ms', { uws, streams });
    const accepted = [infer(), infer()];
    await vi.waitFor(() => expect(service.engine!.status().queries).toBe(2));
    const closed = server.close(20_000);
    expect(goAway).toHaveBeenCalledWith(20_000);
    const ready = await fetch(`${server.url}/v2/health/ready`);
    expect(ready.status).toBe(503);
    const late = await infer();
    expect([late.status, late.headers.get('retry-after'), await late.json()]).toEqual([
      503,
      '1',
      { error: 'unavailable: pipeline "made" is not ready: it is being unloaded' },
    ]);
    const answers = await Promise.all(accepted);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await closed;
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('gives up what takes longer than it may take to end', async () => {
    const { server, service, infer } = await startSlow('30 s', { uws });
    const accepted = infer();
    await vi.waitFor(() => expect(service.engine!.status().queries).toBe(1));
    await server.close(50);
    const answer = await accepted.then(
      ({ status }) => status,
      () => 'dropped',
    );
    expect([503, 'dropped']).toContain(answer);
  });
});
