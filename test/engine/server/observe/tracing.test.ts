import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { text } from '../../../../operators/index.ts';
import { startTracing } from '../../../../engine/server/observe/trace-export.ts';
import { isTraced } from '../../../../engine/server/observe/trace-options.ts';
import { Tracing } from '../../../../engine/server/observe/tracing.ts';
import type { BoundPipeline } from '../../../../pipelines/index.ts';
import { pipelineOf } from '../../../support/virtual-engine.ts';
import { caller, fanOut, serveVirtual, twoStages } from './support.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const silent = { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} };

/** A served pipeline whose spans are kept; `ratio` of the traces that begin here. */
async function traced(
  pipeline: BoundPipeline,
  ratio: number,
  options: Parameters<typeof serveVirtual>[1] = {},
) {
  const exporter = new InMemorySpanExporter();
  const tracing = new Tracing({
    resource: emptyResource(),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    processor: new SimpleSpanProcessor(exporter),
  });
  // As it is, without the clock that the other listeners are put on: it begins queries too.
  const served = await serveVirtual(pipeline, { ...options, listeners: [tracing] });
  return { ...served, spans: () => exporter.getFinishedSpans() };
}

const named = (spans: readonly ReadableSpan[], name: string) => spans.filter(span => span.name === name);

describe('a trace', () => {
  it('goes on from the client’s, with a span for the query and one for each run of a stage', async () => {
    const { service, clock, spans } = await traced(await fanOut(), 0, { batch: 2 });
    const trace = `00-${traceId}-${parentId}-01`;
    await clock.until(service.infer({ text: text('x,y,z') }, { ...caller, trace }));
    const [query] = named(spans(), 'infer test');
    expect(query!.spanContext().traceId).toBe(traceId);
    expect(query!.parentSpanContext).toMatchObject({ spanId: parentId, isRemote: true });
    expect(query!.attributes).toEqual({
      'millrace.pipeline': 'test',
      'millrace.version': '1',
      'millrace.protocol': 'open-inference',
      'millrace.request_id': 'r1',
      'millrace.outcome': 'ok',
    });
    const runs = [...named(spans(), 'split'), ...named(spans(), 'each')];
    for (const run of runs) {
      expect(run.spanContext().traceId).toBe(traceId);
      expect(run.parentSpanContext?.spanId).toBe(query!.spanContext().spanId);
    }
    expect(
      runs.map(({ name, attributes, duration }) => [
        name,
        attributes['millrace.index'],
        attributes['millrace.batch'],
        attributes['millrace.queue_ms'],
        hrTimeToMilliseconds(duration),
      ]),
    ).toEqual([
      ['split', undefined, 1, 0, 0],
      ['each', 0, 2, 0, 6],
      ['each', 1, 2, 0, 6],
      ['each', 2, 1, 6, 4],
    ]);
  });

  it('records an error', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: ./operators.mjs#fragile, inputs: { in: inputs.text } }`,
      '{ out: a.out }',
    );
    const { service, clock, spans } = await traced(pipeline, 1);
    await clock.until(service.infer({ text: text('poison') }, caller).catch(() => {}));
    const [query] = spans();
    expect(query).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'stage "a": can not swallow poison' },
      attributes: { 'millrace.outcome': 'stage-failed', 'error.type': 'stage-failed', 'millrace.stage': 'a' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'stage-failed' } }],
    });
  });

  it('is kept or not as the client decided, and else by the ratio', async () => {
    const count = async (ratio: number, trace?: string) => {
      const { service, clock, spans } = await traced(await twoStages(), ratio);
      await clock.until(service.infer({ text: text('x') }, { ...caller, trace }));
      return spans().length;
    };
    expect(await count(1, `00-${traceId}-${parentId}-00`)).toBe(0);
    expect(await count(0, `00-${traceId}-${parentId}-01`)).toBe(3);
    expect(await count(1)).toBe(3);
    expect(await count(0)).toBe(0);
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${parentId}-01`, `00-${traceId}-${parentId}`])(
    'begins anew where the header is %j',
    async trace => {
      const { service, clock, spans } = await traced(await twoStages(), 1);
      await clock.until(service.infer({ text: text('x') }, { ...caller, trace }));
      const [query] = named(spans(), 'infer test');
      expect(query!.parentSpanContext).toBeUndefined();
      expect(query!.spanContext().traceId).not.toBe(traceId);
    },
  );

  it('has so many spans and no more', async () => {
    const { service, clock, spans } = await traced(await fanOut(), 1, { batch: 1 });
    await clock.until(service.infer({ text: text(Array(600).fill('x').join(',')) }, caller));
    expect(spans()).toHaveLength(501);
    expect(named(spans(), 'infer test')[0]!.attributes['millrace.runs_left_out']).toBe(101);
  });
});

interface Exported {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { scope: { name: string }; spans: { name: string; traceId: string }[] }[];
  }[];
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

describe('a collector', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each(['option', 'environment'])('named by an %s is sent the spans as OTLP', async way => {
    const received: { url: string | undefined; type: string | undefined; body: Exported }[] = [];
    const collector = createServer((request, response) => {
      void readAll(request).then(body => {
        const { url, headers } = request;
        received.push({ url, type: headers['content-type'], body: JSON.parse(body) as Exported });
        response.end('{}');
      });
    });
    await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment=test');
    if (way === 'environment') vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
    const tracing = startTracing(way === 'option' ? { endpoint } : {}, '1.2.3', silent);
    const { service, clock } = await serveVirtual(await twoStages(), { listeners: [tracing] });
    await clock.until(
      service.infer({ text: text('x') }, { ...caller, trace: `00-${traceId}-${parentId}-01` }),
    );
    await tracing.close();
    await new Promise(resolve => collector.close(resolve));
    expect(received).toMatchObject([{ url: '/v1/traces', type: 'application/json' }]);
    const [{ resource, scopeSpans }] = received[0]!.body.resourceSpans as [Exported['resourceSpans'][0]];
    expect(
      Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue])),
    ).toMatchObject({
      'service.name': 'millrace',
      'service.version': '1.2.3',
      'deployment.environment': 'test',
    });
    expect(scopeSpans.flatMap(({ spans }) => spans.map(({ name, traceId: id }) => [name, id]))).toEqual([
      ['a', traceId],
      ['b', traceId],
      ['infer test', traceId],
    ]);
  });

  it('is asked for by an endpoint alone, given or in the environment', () => {
    expect(isTraced({}, {})).toBe(false);
    expect(isTraced({ ratio: 1 }, {})).toBe(false);
    expect(isTraced({ endpoint: 'http://localhost:4318' }, {})).toBe(true);
    expect(isTraced({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' })).toBe(true);
    expect(isTraced({}, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318' })).toBe(true);
    expect(isTraced({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'x', OTEL_SDK_DISABLED: 'true' })).toBe(false);
  });
});
