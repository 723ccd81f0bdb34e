import { describe, expect, it } from 'vitest';
import { refuseAsJson } from '../../../engine/server/exchange.ts';
import { Router, type Route } from '../../../engine/server/router.ts';

function route(method: string, path: string): Route {
  return { method, path, access: 'open', refuse: refuseAsJson, handle: () => ({ status: 200, body: path }) };
}

function paths(router: Router, method: string, path: string): unknown {
  const match = router.match(method, path);
  return 'route' in match ? [match.route.path, match.values] : match.allowed;
}

describe('the router', () => {
  const router = new Router([
    route('GET', '/v2'),
    route('GET', '/v2/models/{model}'),
    route('POST', '/v2/models/{model}/infer'),
    route('GET', '/v1/models/{model}:predict'),
    route('POST', '/v1/models/{model}:predict'),
    route('GET', '/a.b'),
  ]);

  it('finds a route, with what stands for its names', () => {
    expect(paths(router, 'GET', '/v2')).toEqual(['/v2', {}]);
    expect(paths(router, 'GET', '/v2/models/ocr')).toEqual(['/v2/models/{model}', { model: 'ocr' }]);
    expect(paths(router, 'POST', '/v1/models/ocr:predict')).toEqual([
      '/v1/models/{model}:predict',
      { model: 'ocr' },
    ]);
    expect(paths(router, 'GET', '/v2/models/a%2Fb%20%C3%BC')).toEqual([
      '/v2/models/{model}',
      { model: 'a/b ü' },
    ]);
  });

  it('says which methods a path would take', () => {
    expect(paths(router, 'PUT', '/v1/models/ocr:predict')).toEqual(['GET', 'POST']);
    expect(paths(router, 'GET', '/v2/models/ocr/infer')).toEqual(['POST']);
    expect(paths(router, 'GET', '/v2/models/')).toEqual([]);
    expect(paths(router, 'GET', '/v2/models/a/b/c')).toEqual([]);
    expect(paths(router, 'GET', '/aXb')).toEqual([]);
  });

  it('refuses a path that can not be decoded', () => {
    expect(() => router.match('GET', '/v2/models/%ff')).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
  });

  it('answers the same however many paths it has seen', () => {
    for (let index = 0; index < 3000; index++) router.match('GET', `/v2/models/m${index}`);
    expect(paths(router, 'GET', '/v2/models/m0')).toEqual(['/v2/models/{model}', { model: 'm0' }]);
  });
});
