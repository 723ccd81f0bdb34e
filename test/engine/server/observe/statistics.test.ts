import { describe, expect, it } from 'vitest';
import { text } from '../../../../operators/index.ts';
import { makeRegistry } from '../../../../engine/server/observe/metrics.ts';
import { observeRoutes } from '../../../../engine/server/observe/routes.ts';
import type { ModelStatistics } from '../../../../engine/server/observe/statistics.ts';
import { Router } from '../../../../engine/server/router.ts';
import { caller, serveVirtual, twoStages, type Served } from './support.ts';

async function get({ observed }: Served, path: string): Promise<unknown> {
  const router = new Router(observeRoutes(observed, makeRegistry(observed)));
  const match = router.match('GET', path);
  if (!('route' in match)) throw new Error(`nothing is at ${path}`);
  const { route, values } = match;
  const request = {
    method: 'GET',
    path,
    query: '',
    peer: '',
    header: () => '',
    signal: new AbortController().signal,
    body: async () => new Uint8Array(),
  };
  const reply = await route.handle({ request, values, requestId: 'r', client: 'c' });
  return JSON.parse(reply.body as string);
}

const compute = (count: number, ns: number) => ({
  compute_input: { count, ns: 0 },
  compute_infer: { count, ns },
  compute_output: { count, ns: 0 },
});

describe('statistics', () => {
  it('are Triton’s, in nanoseconds, with each stage in the same words', async () => {
    const served = await serveVirtual(await twoStages(), { batch: 8, groups: [['a', 'b']] });
    const { service, clock } = served;
    await clock.until(Promise.all([1, 2, 3].map(n => service.infer({ text: text(String(n)) }, caller))));
    await clock.until(service.infer({ nonsense: text('x') }, caller).catch(() => {}));
    const { model_stats } = (await get(served, '/v2/models/test/stats')) as {
      model_stats: ModelStatistics[];
    };
    expect(model_stats).toEqual([
      {
        name: 'test',
        version: '1',
        last_inference: 1000,
        inference_count: 3,
        execution_count: 2,
        inference_stats: {
          success: { count: 3, ns: 75e6 },
          fail: { count: 1, ns: 0 },
          queue: { count: 3, ns: 30e6 },
          ...compute(3, 45e6),
        },
        batch_stats: [
          { batch_size: 1, ...compute(2, 15e6) },
          { batch_size: 2, ...compute(2, 15e6) },
        ],
        stages: [
          {
            name: 'a',
            inference_count: 3,
            execution_count: 2,
            inference_stats: { fail: { count: 0 }, queue: { count: 3, ns: 30e6 }, ...compute(3, 30e6) },
            batch_stats: [
              { batch_size: 1, ...compute(1, 10e6) },
              { batch_size: 2, ...compute(1, 10e6) },
            ],
          },
          {
            name: 'b',
            inference_count: 3,
            execution_count: 2,
            inference_stats: { fail: { count: 0 }, queue: { count: 3, ns: 0 }, ...compute(3, 15e6) },
            batch_stats: [
              { batch_size: 1, ...compute(1, 5e6) },
              { batch_size: 2, ...compute(1, 5e6) },
            ],
          },
        ],
      },
    ]);
  });

  it('are there before the first query, of all pipelines, of one, and of a version', async () => {
    const served = await serveVirtual(await twoStages());
    for (const path of ['/v2/models/stats', '/v2/models/test/stats', '/v2/models/test/versions/1/stats']) {
      expect(await get(served, path)).toMatchObject({
        model_stats: [{ name: 'test', last_inference: 0, inference_count: 0, batch_stats: [] }],
      });
    }
  });

  it('of what is not there are an error', async () => {
    const served = await serveVirtual(await twoStages());
    for (const path of ['/v2/models/tset/stats', '/v2/models/test/versions/2/stats'])
      await expect(get(served, path)).rejects.toMatchObject({ code: 'not-found' });
  });
});
