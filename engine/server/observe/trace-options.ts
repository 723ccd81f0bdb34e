/** Whether queries are traced, and where to. */

export interface TraceOptions {
  /** Base URL of a collector that takes OTLP over HTTP, or the whole one if it ends in `/v1/traces`. */
  endpoint?: string;
  /** Share of traces that begin here and are kept, 0 to 1; one that a client began is kept if it says so. */
  ratio?: number;
}

/** Whether there is a collector to send to. OpenTelemetry's variables serve where none is named. */
export function isTraced({ endpoint }: TraceOptions, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (endpoint !== undefined) return true;
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].some(
    name => environment[name],
  );
}
