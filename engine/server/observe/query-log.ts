/**
 * One line for each query: never its payload, never a key. Answered queries are told at `debug`, since a line costs more
 * than the rest of a small query; failures from `info` on, so many a second and no more: a server that is overloaded must
 * not spend itself on saying so.
 */
import { inspect } from 'node:util';
import type { ErrorCode, MillraceError } from '../../../operators/index.ts';
import type { Refusal } from '../server.ts';
import type { QueryReport, ServiceListener } from '../service.ts';
import type { Logger } from './logger.ts';

/** Lines of one code in one second. */
const most = 20;

type Level = 'info' | 'warn' | 'error';

/** What a client did, what load did, and what we or an operator did. */
function levelOf(code: ErrorCode): Level {
  if (code === 'stage-failed' || code === 'unavailable') return 'error';
  return code === 'overloaded' || code === 'deadline-exceeded' ? 'warn' : 'info';
}

/** Milliseconds, to the microsecond. */
function brief(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** How many lines of each code there were in the second that runs, and how many were left out before. */
class Allowance {
  readonly #now: () => number;
  readonly #codes = new Map<ErrorCode, { until: number; left: number; suppressed: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many lines were left out since the last one; null: this one is left out too. */
  take(code: ErrorCode): number | null {
    const now = this.#now();
    let state = this.#codes.get(code);
    if (!state) this.#codes.set(code, (state = { until: now + 1000, left: most, suppressed: 0 }));
    if (now >= state.until) {
      state.until = now + 1000;
      state.left = most;
    }
    if (state.left === 0) {
      state.suppressed++;
      return null;
    }
    state.left--;
    const { suppressed } = state;
    state.suppressed = 0;
    return suppressed;
  }
}

function causeOf({ cause }: MillraceError): { cause?: string } {
  if (cause === undefined) return {};
  return { cause: typeof cause === 'string' ? cause : inspect(cause) };
}

export class QueryLog implements ServiceListener {
  readonly #log: Logger;
  readonly #allowance: Allowance;
  readonly #tellsAnswers: boolean;

  /** @param now milliseconds on a clock that never runs backwards */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#allowance = new Allowance(now);
    this.#tellsAnswers = log.isLevelEnabled('debug');
  }

  ended({ service, caller, latency, result, error }: QueryReport): void {
    if (!error && !this.#tellsAnswers) return;
    const { requestId, client, protocol } = caller;
    const fields = {
      requestId,
      client,
      protocol,
      pipeline: service.name,
      version: service.version,
      outcome: error?.code ?? 'ok',
      latency: brief(latency),
    };
    if (error) {
      this.#fail(fields, error);
      return;
    }
    const sum = (key: 'queue' | 'service') =>
      brief(result!.stages.reduce((total, stage) => total + stage[key], 0));
    this.#log.debug({ ...fields, queue: sum('queue'), service: sum('service') }, 'answered');
  }

  /** A request that never became a query. */
  refused({ requestId, request, error }: Refusal): void {
    const { peer, method, path } = request;
    this.#fail({ requestId, client: peer, method, path, outcome: error.code }, error);
  }

  #fail(fields: object, error: MillraceError): void {
    const suppressed = this.#allowance.take(error.code);
    if (suppressed === null) return;
    const { code, stage, message } = error;
    const more = { ...(stage !== undefined && { stage }), ...(suppressed > 0 && { suppressed }) };
    this.#log[levelOf(code)]({ ...fields, ...more, ...causeOf(error) }, message);
  }
}
