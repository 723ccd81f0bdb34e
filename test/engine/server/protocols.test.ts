/** TensorFlow Serving's and TorchServe's clients at a server with keys, through a socket. */
import { request } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { KeyAccess } from '../../../engine/server/access/key-access.ts';
import { hashOf, newKey } from '../../../engine/server/access/key-ring.ts';
import { Origins } from '../../../engine/server/access/origins.ts';
import { defaultServerLimits } from '../../../engine/server/limits.ts';
import { openApiRoutes } from '../../../engine/server/openapi/routes.ts';
import { openInferenceRoutes } from '../../../engine/server/open-inference/routes.ts';
import { Server } from '../../../engine/server/server.ts';
import { tensorflowServingRoutes } from '../../../engine/server/tensorflow-serving/routes.ts';
import { torchServeRoutes } from '../../../engine/server/torchserve/routes.ts';
import { mirror, repositoryOf, serviceOf } from '../../support/served.ts';

const [shop, operations] = [newKey(), newKey()];
const access = new KeyAccess(
  [
    { name: 'shop', sha256: hashOf(shop), pipelines: ['echo'] },
    { name: 'operations', sha256: hashOf(operations), manage: true, rate: 0.001, burst: 2 },
  ],
  new Origins([], '127.0.0.1'),
);
const limits = { ...defaultServerLimits, message: 100_000 };
const text = '{ datatype: BYTES, shape: [1] }';
const repository = await repositoryOf(
  serviceOf(await mirror({ text }, 'echo'), { admit: access.admit }),
  serviceOf(await mirror({ text, scores: '{ datatype: FP32, shape: [-1] }' }, 'scored'), {
    admit: access.admit,
  }),
);
const protocols = [
  ...openInferenceRoutes(repository, { limits, version: '0' }),
  ...tensorflowServingRoutes(repository, limits),
  ...torchServeRoutes(repository),
];
const server = await Server.start({
  repository,
  routes: [...protocols, ...openApiRoutes(repository, protocols, { version: '0', hasKeys: true })],
  access,
  limits,
  host: '127.0.0.1',
  port: 0,
  log: { warn: () => {}, error: () => {} },
});

afterAll(() => server.close(0));

async function ask(path: string, init: RequestInit = {}, key = shop) {
  const headers = { ...(key !== '' && { authorization: `Bearer ${key}` }), ...init.headers };
  const response = await fetch(server.url + path, { ...init, headers });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const post = (body: NonNullable<RequestInit['body']>, headers = {}): RequestInit => ({
  method: 'POST',
  body,
  headers,
});

describe('clients of TensorFlow Serving', () => {
  it('are answered as they expect', async () => {
    expect(await ask('/v1/models/echo')).toMatchObject({
      status: 200,
      body: expect.stringContaining('"AVAILABLE"') as unknown,
    });
    expect(await ask('/v1/models/echo:predict', post('{"instances":["a",{"b64":"/w=="}]}'))).toMatchObject({
      status: 200,
      body: '{"predictions":[["a"],[{"b64":"/w=="}]]}',
    });
    expect(await ask('/v1/models/echo/versions/2:predict', post('{}'))).toMatchObject({ status: 404 });
    expect(await ask('/v1/models/echo:predict', post('{}', { 'content-type': 'image/png' }))).toMatchObject({
      status: 415,
    });
    expect(await ask('/v1/models/echo:predict', post(' '.repeat(200_000)))).toMatchObject({ status: 413 });
    expect(await ask('/v1/models/echo:predict', { method: 'DELETE' })).toMatchObject({ status: 405 });
  });
});

describe('clients of TorchServe', () => {
  it('are answered as they expect', async () => {
    expect(await ask('/ping', {}, '')).toMatchObject({ status: 200, body: '{"status":"Healthy"}' });
    expect(await ask('/predictions/echo', post('a'))).toMatchObject({ status: 200, body: '"a"' });
    const form = new FormData();
    form.append('data', new Blob([Uint8Array.of(255)], { type: 'image/png' }), 'a.png');
    expect(await ask('/predictions/echo', post(form))).toMatchObject({ status: 200, body: '{"b64":"/w=="}' });
    expect(await ask('/predictions/echo/1', { method: 'PUT', body: 'a' })).toMatchObject({ body: '"a"' });
    const unknown = await ask('/predictions/ech', post('a'), '');
    expect(unknown).toMatchObject({
      status: 401,
      body: expect.stringMatching(/^\{"code":401,"type":"InvalidKeyException"/) as unknown,
    });
  });
});

describe('keys', () => {
  it('are asked for, and where they are wrong it says what to send', async () => {
    const { status, headers, body } = await ask('/v2/models/echo', {}, '');
    expect([status, headers.get('www-authenticate'), body]).toEqual([
      401,
      'Bearer realm="millrace"',
      '{"error":"unauthenticated: send a key: \\"Authorization: Bearer KEY\\""}',
    ]);
    expect(await ask('/openapi.json', {}, '')).toMatchObject({ status: 401 });
    expect(await ask('/openapi.json')).toMatchObject({ status: 200 });
  });

  it('hold to their pipelines, however these are spelt, and to what they may', async () => {
    for (const name of ['scored', '%73cored'])
      expect(await ask(`/predictions/${name}`, post('{}'))).toMatchObject({
        status: 401,
        body: expect.stringContaining('key \\"shop\\" may not use pipeline \\"scored\\"') as unknown,
      });
    expect(await ask('/models')).toMatchObject({ status: 401 });
    expect(await ask('/models', {}, operations)).toMatchObject({
      status: 200,
      body: '{"models":[{"modelName":"echo"},{"modelName":"scored"}]}',
    });
  });

  it('have a rate, of queries rather than requests', async () => {
    const three = post('{"instances":["a","b","c"]}');
    const { status, headers, body } = await ask('/v1/models/echo:predict', three, operations);
    expect([status, Number(headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(900);
    expect(body).toMatch(/overloaded: key \\"operations\\" may ask 0.001 queries per second/);
    expect(await ask('/v1/models/echo:predict', three)).toMatchObject({ status: 200 });
  });
});

describe('a page whose name was made to lead here', () => {
  it('is refused', async () => {
    const status = await new Promise(resolve => {
      const headers = { host: 'evil.example', authorization: `Bearer ${shop}` };
      request(`${server.url}/v2`, { headers }, response => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(401);
  });
});
