/** Where traces go: OTLP over HTTP, in JSON. Loaded only where tracing is asked for. */
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Logger } from './logger.ts';
import type { TraceOptions } from './trace-options.ts';
import { Tracing } from './tracing.ts';

/** Milliseconds that sending may take, at the server's end too. */
const timeout = 5000;

/** Spans sent at once: few, since they are written as JSON on the event loop. What waits is bounded by OpenTelemetry. */
const batch = 128;

/** OpenTelemetry's own troubles, of which an unreachable collector is the usual one. */
function tellTroubles(log: Logger): void {
  const tell = (message: string) => log.warn({ from: 'opentelemetry' }, message);
  const silent = () => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The sender of a collector, by its base URL; by OpenTelemetry's own variables where there is none. */
function exporterTo(endpoint: string | undefined): OTLPTraceExporter {
  if (endpoint === undefined) return new OTLPTraceExporter({ timeoutMillis: timeout });
  const url = endpoint.endsWith('/v1/traces') ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  return new OTLPTraceExporter({ url, timeoutMillis: timeout });
}

export function startTracing({ endpoint, ratio }: TraceOptions, version: string, log: Logger): Tracing {
  tellTroubles(log);
  const own = resourceFromAttributes({ 'service.name': 'millrace', 'service.version': version });
  const given = detectResources({ detectors: [envDetector] });
  return new Tracing({
    resource: defaultResource().merge(own).merge(given),
    ...(ratio !== undefined && {
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    }),
    processor: new BatchSpanProcessor(exporterTo(endpoint), {
      maxExportBatchSize: batch,
      exportTimeoutMillis: timeout,
    }),
  });
}
