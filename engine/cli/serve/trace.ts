/** The options of `serve` that say where traces go. */
import type { TraceOptions } from '../../server/observe/trace-options.ts';
import { textOption, UsageError, type Arguments, type Command } from '../command.ts';

export const traceOptions = {
  'trace-endpoint': { type: 'string' },
  'trace-ratio': { type: 'string' },
} as const satisfies Command['options'];

export const traceHelp = `\
  --trace-endpoint URL    send OpenTelemetry traces there, by OTLP over HTTP (default OTEL_EXPORTER_OTLP_ENDPOINT, or
                          none): a span for each query and each stage it passes
  --trace-ratio R         share of the queries that are traced, 0 to 1, where the client does not say (default 1)
`;

/** @throws UsageError for a value that makes no sense */
export function readTrace(args: Arguments): TraceOptions {
  const [endpoint, text] = [textOption(args, 'trace-endpoint'), textOption(args, 'trace-ratio')];
  if (endpoint !== undefined && !URL.canParse(endpoint))
    throw new UsageError(`--trace-endpoint takes a URL, not "${endpoint}"`);
  const ratio = text === undefined ? undefined : Number(text);
  if (ratio !== undefined && !(text!.trim() !== '' && ratio >= 0 && ratio <= 1))
    throw new UsageError(`--trace-ratio takes a number from 0 to 1, not "${text}"`);
  return { ...(endpoint !== undefined && { endpoint }), ...(ratio !== undefined && { ratio }) };
}
