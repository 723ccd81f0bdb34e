import { describe, expect, it } from 'vitest';
import type { Route } from '../../../../engine/server/router.ts';
import { torchServeRoutes } from '../../../../engine/server/torchserve/routes.ts';
import { errorTable, MillraceError } from '../../../../operators/index.ts';
import { call, mirror, repositoryOf, serviceOf, textOfReply } from '../../../support/served.ts';
import { routesOf, text } from './support.ts';

const texts = await routesOf({ text });

describe('what is told', () => {
  const get = async (routes: readonly Route[], path: string) => {
    const reply = await call(routes, 'GET', path);
    return [reply.status, JSON.parse(textOfReply(reply))] as const;
  };

  it('is whether all pipelines are ready', async () => {
    const service = serviceOf(await mirror({ text }));
    const routes = torchServeRoutes(await repositoryOf(service));
    expect(await get(routes, '/ping')).toEqual([200, { status: 'Healthy' }]);
    await service.unload();
    expect(await get(routes, '/ping')).toEqual([500, { status: 'Unhealthy' }]);
  });

  it('is which models there are, page by page', async () => {
    const services = await Promise.all(
      ['a', 'b', 'c'].map(async name => serviceOf(await mirror({ text }, name))),
    );
    const routes = torchServeRoutes(await repositoryOf(...services));
    const [a, b, c] = [{ modelName: 'a' }, { modelName: 'b' }, { modelName: 'c' }];
    expect(await get(routes, '/models')).toEqual([200, { models: [a, b, c] }]);
    expect(await get(routes, '/models?limit=2')).toEqual([200, { nextPageToken: '2', models: [a, b] }]);
    expect(await get(routes, '/models?limit=2&next_page_token=2')).toEqual([200, { models: [c] }]);
    for (const query of ['limit=0', 'limit=x', 'next_page_token=-1'])
      expect(await get(routes, `/models?${query}`)).toMatchObject({ 0: 400 });
  });

  it('is how a model runs', async () => {
    const pipeline = await mirror({ text });
    const idle = serviceOf(pipeline, { version: '2' });
    const repository = await repositoryOf(serviceOf(pipeline));
    repository.add(idle);
    const routes = torchServeRoutes(repository);
    const first = {
      modelName: 'made',
      modelVersion: '1',
      workers: expect.arrayContaining([
        { id: expect.stringMatching(/^s_text\/cpu.*\/0$/) as unknown, status: 'READY' },
      ]) as unknown,
      jobQueueStatus: { pendingRequests: 0, remainingCapacity: expect.any(Number) as unknown },
    };
    const second = { modelVersion: '2', minWorkers: 0, workers: [] };
    expect(await get(routes, '/models/made/1')).toMatchObject([200, [first]]);
    expect(await get(routes, '/models/made')).toMatchObject([200, [second]]);
    expect(await get(routes, '/models/made/all')).toMatchObject([200, [first, second]]);
    expect(await get(routes, '/models/made/3')).toMatchObject([404, { code: 404 }]);
  });

  it('needs a key that may manage, but for the health', async () => {
    const access = texts.map(({ path, access }) => [path.split('/')[1], access]);
    expect(new Map(access as [string, string][])).toEqual(
      new Map([
        ['ping', 'public'],
        ['predictions', 'open'],
        ['models', 'manage'],
      ]),
    );
  });

  it('has a word of TorchServe’s for every error', async () => {
    const [route] = texts;
    for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
      const reply = route!.refuse(new MillraceError(code, 'why\nmore'));
      expect(JSON.parse(textOfReply(reply))).toEqual({
        code: errorTable[code].http,
        type: expect.stringMatching(/Exception$/) as unknown,
        message: `${code}: why`,
      });
    }
  });
});
