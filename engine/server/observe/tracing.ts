/**
 * Traces by OpenTelemetry: a span for each query, which goes on from the client's `traceparent`, and in it one for each
 * run of a stage.
 */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { hrTime, parseTraceParent } from '@opentelemetry/core';
import { BasicTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Resource } from '@opentelemetry/resources';
import type { StageRun } from '../../runtime/query.ts';
import type { Caller, QueryReport, QueryWatch, Service, ServiceListener } from '../service.ts';

/** Spans of stages in one query: a fan-out may have a thousand items at each. What is more is counted. */
const mostRuns = 500;

/** A client's span, if it sent one that can be read; else a new trace begins. */
function parentOf({ trace: header }: Caller): Context {
  const parent = header === undefined ? null : parseTraceParent(header);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
}

/** Spans of one query that is sampled. Times of stages are on the engine's clock, which is the process's. */
class QuerySpans implements QueryWatch {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  #runs = 0;

  constructor(tracer: Tracer, span: Span) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
  }

  ran({ stage, index, queued, started, service, batch }: StageRun): void {
    this.#runs++;
    if (this.#runs > mostRuns) return;
    const span = this.#tracer.startSpan(
      stage,
      {
        kind: SpanKind.INTERNAL,
        startTime: hrTime(started),
        attributes: {
          'millrace.stage': stage,
          'millrace.batch': batch,
          'millrace.queue_ms': started - queued,
          ...(index !== undefined && { 'millrace.index': index }),
        },
      },
      this.#context,
    );
    span.end(hrTime(started + service));
  }

  ended({ error }: QueryReport): void {
    const span = this.#span;
    span.setAttribute('millrace.outcome', error?.code ?? 'ok');
    if (this.#runs > mostRuns) span.setAttribute('millrace.runs_left_out', this.#runs - mostRuns);
    if (error) {
      const { code, message, stage } = error;
      span.setAttribute('error.type', code);
      if (stage !== undefined) span.setAttribute('millrace.stage', stage);
      span.recordException({ name: code, message });
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    span.end(hrTime(performance.now()));
  }
}

export interface TracingOptions {
  resource: Resource;
  /** By the environment (`OTEL_TRACES_SAMPLER`) unless given. */
  sampler?: Sampler;
  processor: SpanProcessor;
}

export class Tracing implements ServiceListener {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;

  constructor({ resource, sampler, processor }: TracingOptions) {
    this.#provider = new BasicTracerProvider({
      resource,
      ...(sampler && { sampler }),
      spanProcessors: [processor],
    });
    this.#tracer = this.#provider.getTracer('millrace');
  }

  begun(service: Service, caller: Caller): QueryWatch | undefined {
    const span = this.#tracer.startSpan(
      `infer ${service.name}`,
      {
        kind: SpanKind.SERVER,
        startTime: hrTime(performance.now()),
        attributes: {
          'millrace.pipeline': service.name,
          'millrace.version': service.version,
          'millrace.protocol': caller.protocol,
          'millrace.request_id': caller.requestId,
        },
      },
      parentOf(caller),
    );
    return span.isRecording() ? new QuerySpans(this.#tracer, span) : undefined;
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    await this.#provider.shutdown();
  }
}
