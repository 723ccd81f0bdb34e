/** What a running server tells of itself: metrics, statistics, status, log and traces. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelStatistics } from '../../engine/server/observe/statistics.ts';
import type { Status } from '../../engine/server/observe/status.ts';
import { parsePrometheus, type Family } from '../support/prometheus.ts';
import { millrace, refusal } from './support/millrace.ts';
import { serve, type RunningServer } from './support/server.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';

function infer({ url }: RunningServer, body: string, headers: Record<string, string> = {}) {
  return fetch(`${url}/v2/models/faulty/infer`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...headers },
    body,
  });
}

function valueOf(families: Map<string, Family>, name: string, labels: Record<string, string>): number {
  const { samples } = families.get(name.replace(/_(bucket|sum|count)$/, '')) ?? families.get(name)!;
  return samples.find(
    sample =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )!.value;
}

interface Exported {
  resourceSpans: { scopeSpans: { spans: { name: string; traceId: string }[] }[] }[];
}

describe('a server that was asked five times', () => {
  let server: RunningServer;
  const exported: Exported[] = [];
  const answers: number[] = [];

  beforeAll(async () => {
    const collector = createServer((request, response) => {
      void json(request).then(body => {
        exported.push(body as Exported);
        response.end('{}');
      });
    });
    await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve));
    collector.unref();
    const { port } = collector.address() as AddressInfo;
    server = await serve([
      'test/e2e/fixtures/faulty',
      '--trace-endpoint',
      `http://127.0.0.1:${port}`,
      '--trace-ratio',
      '0',
      '--log-level',
      'debug',
    ]);
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const nowhere = `${server.url}/v2/models/faultless/infer`;
    const ask = [
      () => infer(server, 'a secret', { 'x-request-id': 'first', traceparent }),
      () => infer(server, 'two'),
      () => infer(server, 'throws', { 'x-request-id': 'third' }),
      () => infer(server, '{', { 'content-type': 'application/json' }),
      () => fetch(nowhere, { method: 'POST', body: '' }),
    ];
    for (const one of ask) answers.push((await one()).status);
  });

  const get = async (path: string) => (await fetch(`${server.url}${path}`)).json();

  it('has answered it', () => {
    expect(answers).toEqual([200, 200, 500, 400, 404]);
  });

  it('has counted it', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parsePrometheus(await response.text());
    const of = (name: string, labels = {}) => valueOf(families, `millrace_${name}`, labels);
    expect(of('queries_total', { pipeline: 'faulty', version: '1', code: 'ok' })).toBe(2);
    expect(of('queries_total', { code: 'stage-failed' })).toBe(1);
    expect(of('stage_failures_total', { stage: 'work' })).toBe(1);
    expect(of('refused_requests_total', { code: 'invalid-input' })).toBe(1);
    expect(of('refused_requests_total', { code: 'not-found' })).toBe(1);
    expect(of('refused_requests_total', { code: 'stage-failed' })).toBe(0);
    expect(of('query_latency_seconds_count')).toBe(2);
    expect(of('stage_service_seconds_count', { stage: 'work' })).toBe(3);
    expect(of('batch_items_sum', { group: 'work' })).toBe(3);
    expect(of('queries_in_flight')).toBe(0);
    expect(of('held_bytes')).toBe(0);
    expect(of('connections')).toBe(0);
    expect(of('pipeline_ready')).toBe(1);
    expect(valueOf(families, 'process_resident_memory_bytes', {})).toBeGreaterThan(1e6);
  });

  it('has statistics of it', async () => {
    const all = (await get('/v2/models/stats')) as { model_stats: ModelStatistics[] };
    expect(all).toEqual(await get('/v2/models/faulty/versions/1/stats'));
    const [{ inference_stats, ...model }] = all.model_stats as [ModelStatistics];
    expect(model).toMatchObject({ name: 'faulty', version: '1', inference_count: 2, execution_count: 3 });
    expect(inference_stats).toMatchObject({ success: { count: 2 }, fail: { count: 1 } });
    expect(inference_stats.success.ns).toBeGreaterThan(inference_stats.compute_infer.ns);
    expect(await get('/v2')).toMatchObject({ extensions: expect.arrayContaining(['statistics']) });
  });

  it('has a status of it', async () => {
    const { implementation } = server.ready;
    expect((await get('/v2/millrace/status')) as Status).toMatchObject({
      millrace: 'status/1',
      server: { implementation, connections: 0 },
      pipelines: [
        {
          name: 'faulty',
          state: 'READY',
          outcomes: { ok: 2, 'stage-failed': 1 },
          stages: [{ name: 'work', group: 'work', failures: 1, wasted: expect.any(Number) as number }],
          groups: [{ name: 'work', waiting: 0, pools: [{ busy: 0 }] }],
          live: { queries: 0, bytes: 0 },
        },
      ],
    });
  });

  it('has logged it when it ends, and sent the trace that a client asked to be kept', async () => {
    const { status, stderr } = await server.stop();
    expect(status).toBe(0);
    const lines = stderr
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { level: 20, requestId: 'first', outcome: 'ok', protocol: 'open-inference', pipeline: 'faulty' },
      { level: 20, outcome: 'ok' },
      {
        level: 50,
        requestId: 'third',
        outcome: 'stage-failed',
        stage: 'work',
        msg: 'stage "work": out of paper',
        cause: expect.stringMatching(/out of paper\nand of ink\n +at .*faulty\.mjs/),
      },
      { level: 30, outcome: 'invalid-input', method: 'POST', path: '/v2/models/faulty/infer' },
      { level: 30, outcome: 'not-found', path: '/v2/models/faultless/infer' },
    ]);
    expect(stderr).not.toContain('secret');
    const spans = exported.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
    expect(spans.map(({ name, traceId: id }) => [name, id])).toEqual([
      ['work', traceId],
      ['infer faulty', traceId],
    ]);
  });
});

describe('an option of what is told', () => {
  it.each([
    ['log-level', 'loud', /--log-level takes silent, error, warn, info, debug, not "loud"/],
    [
      'trace-endpoint',
      'collector:4318',
      /--trace-endpoint takes a URL of http or https, not "collector:4318"/,
    ],
    ['trace-ratio', '2', /--trace-ratio takes 0 to 1, not "2"/],
    ['trace-ratio', '', /--trace-ratio takes 0 to 1, not ""/],
  ])('--%s %j that makes no sense is misuse', async (option, value, message) => {
    const outcome = await millrace(['serve', 'test/e2e/fixtures/faulty', `--${option}`, value]);
    expect(outcome).toMatchObject(refusal(2, message));
  });
});
