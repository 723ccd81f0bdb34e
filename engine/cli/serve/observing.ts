/** The options of `serve` that say what is logged and where traces go. */
import type { Log } from '../../runtime/log.ts';
import type { TraceOptions } from '../../server/observe/trace-options.ts';
import { textOption, UsageError, type Arguments, type Command } from '../command.ts';

export const observeOptions = {
  'log-level': { type: 'string' },
  'trace-endpoint': { type: 'string' },
  'trace-ratio': { type: 'string' },
} as const satisfies Command['options'];

const levels = ['silent', 'error', 'warn', 'info', 'debug'];

export const observeHelp = `\
Metrics are at /metrics, statistics at /v2/models/stats, and what the server is doing at /v2/millrace/status.

  --log-level LEVEL       ${levels.join(', ')} (default info, or MILLRACE_LOG): one line of JSON on standard
                          error for each failed query, at debug for each answered one too
  --trace-endpoint URL    a collector that takes OpenTelemetry's OTLP over HTTP, such as http://localhost:4318
                          (default OTEL_EXPORTER_OTLP_ENDPOINT; none: no traces)
  --trace-ratio SHARE     of the traces that begin here, 0 to 1 (default 1); a client's own are kept as it says
`;

export interface Observing {
  /** Of the log. */
  level: string;
  trace: TraceOptions;
}

/** @throws UsageError */
function levelOption(args: Arguments): string {
  const level = textOption(args, 'log-level') ?? process.env['MILLRACE_LOG'] ?? 'info';
  if (levels.includes(level)) return level;
  throw new UsageError(`--log-level takes ${levels.join(', ')}, not "${level}"`);
}

/** @throws UsageError */
function endpointOption(args: Arguments): string | undefined {
  const endpoint = textOption(args, 'trace-endpoint');
  if (endpoint === undefined || (URL.canParse(endpoint) && /^https?:/.test(endpoint))) return endpoint;
  throw new UsageError(`--trace-endpoint takes a URL of http or https, not "${endpoint}"`);
}

/** @throws UsageError */
function ratioOption(args: Arguments): number | undefined {
  const text = textOption(args, 'trace-ratio');
  if (text === undefined) return undefined;
  const ratio = text.trim() === '' ? NaN : Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new UsageError(`--trace-ratio takes 0 to 1, not "${text}"`);
}

/** @throws UsageError for a value that makes no sense */
export function readObserving(args: Arguments): Observing {
  const [endpoint, ratio] = [endpointOption(args), ratioOption(args)];
  return {
    level: levelOption(args),
    trace: { ...(endpoint !== undefined && { endpoint }), ...(ratio !== undefined && { ratio }) },
  };
}

/** An engine's log in a server: what it warns of are failed items, and the lines of their queries say that and more. */
export function engineLog(log: Log): Log {
  return { warn: () => undefined, error: (fields, message) => log.error(fields, message) };
}
