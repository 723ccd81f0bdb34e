/** What can go wrong with a request, and what may be done about it. */
import { MillraceError, type ErrorCode } from '../errors.ts';

/**
 * When a request may be sent again: `always` where the server surely did not run it, `pure` where it may have and
 * running it twice must do no harm, `never` where the answer would be the same.
 */
type Again = 'always' | 'pure' | 'never';

interface Kind {
  code: ErrorCode;
  again: Again;
  /** Whether one of several queries in the request may be to blame, so that the others are worth a try without it. */
  blames: 'query' | 'server';
}

/** Why a request has no answer. */
export class RequestFailure extends Error implements Omit<Kind, 'code'> {
  readonly error: MillraceError;
  readonly again: Again;
  readonly blames: Kind['blames'];
  /** Milliseconds that the server asks to be left alone; 0: it does not say. */
  readonly after: number;

  constructor(
    { code, again, blames }: Kind,
    message: string,
    { after = 0, cause }: { after?: number; cause?: unknown } = {},
  ) {
    super(message);
    this.error = new MillraceError(code, message, { cause });
    this.again = again;
    this.blames = blames;
    this.after = after;
  }
}

const statuses: Readonly<Record<number, Kind>> = {
  400: { code: 'invalid-input', again: 'never', blames: 'query' },
  401: { code: 'stage-failed', again: 'never', blames: 'server' },
  403: { code: 'stage-failed', again: 'never', blames: 'server' },
  // No such model, or none yet.
  404: { code: 'unavailable', again: 'never', blames: 'server' },
  413: { code: 'too-large', again: 'never', blames: 'query' },
  422: { code: 'invalid-input', again: 'never', blames: 'query' },
  429: { code: 'overloaded', again: 'always', blames: 'server' },
  // A gateway got no answer that it could pass on: what is behind it may have run the request.
  502: { code: 'unavailable', again: 'pure', blames: 'server' },
  503: { code: 'unavailable', again: 'always', blames: 'server' },
  504: { code: 'deadline-exceeded', again: 'pure', blames: 'server' },
};
const otherError: Kind = { code: 'stage-failed', again: 'never', blames: 'query' };
const noError: Kind = { code: 'stage-failed', again: 'never', blames: 'server' };

/** Failures of a connection that never came to be. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Characters of a server's own words that a message takes over. */
const mostWords = 300;

/** Characters of them that a log gets. */
const mostLogged = 10_000;

/** The line that says most in the text of an error: the first, or of a Python traceback the exception. */
function lineOf(text: string): string {
  const exception = /^Traceback \(most recent call last\):\n(?:[ \t].*\n)*(\S.*)/.exec(text);
  const line = exception?.[1] ?? text.trimStart().split('\n', 1)[0]!;
  return line.length > mostWords ? `${line.slice(0, mostWords)}…` : line.trimEnd();
}

/** A server's words: `error` as the protocol has it, `detail` as FastAPI does, or a plain text. */
function wordsOf(body: string): string {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return lineOf(body);
  }
  const { error, detail } = (json ?? {}) as { error?: unknown; detail?: unknown };
  const words = error ?? detail ?? json;
  return lineOf(typeof words === 'string' ? words : JSON.stringify(words));
}

/** Milliseconds of a `Retry-After`, which is in seconds or a date. */
function delayOf(header: unknown): number {
  if (typeof header !== 'string') return 0;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
}

/** An answer whose status is not 200. */
export function failureOfStatus(status: number, retryAfter: unknown, body: string): RequestFailure {
  const kind = statuses[status] ?? (status < 400 ? noError : otherError);
  const words = wordsOf(body);
  return new RequestFailure(kind, `the server answered ${status}${words && `: ${words}`}`, {
    after: delayOf(retryAfter),
    cause: body.slice(0, mostLogged),
  });
}

/** An answer that is none: not of the protocol, or not what was asked for. */
export function failureOfAnswer(problem: string): RequestFailure {
  return new RequestFailure(otherError, problem);
}

/** A request that ran out of time. */
export function failureOfTime(limit: string): RequestFailure {
  return new RequestFailure(
    { code: 'deadline-exceeded', again: 'never', blames: 'server' },
    `the server gave no answer within ${limit}`,
  );
}

/** A request whose connection failed before the answer was whole. */
export function failureOfConnection(error: unknown, most: string): RequestFailure {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const kind: Kind = { code: 'too-large', again: 'never', blames: 'query' };
    return new RequestFailure(kind, `the server's answer is longer than ${most}`);
  }
  const again = unreached.has(code) ? 'always' : 'pure';
  const what = again === 'always' ? "the server can't be reached" : 'the connection to the server broke';
  const kind: Kind = { code: 'unavailable', again, blames: 'server' };
  return new RequestFailure(kind, `${what}: ${lineOf(message || code)}`, { cause: error });
}
