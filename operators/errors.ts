/** The one table of errors: what each code means and how every door answers it. */

interface ErrorEntry {
  meaning: string;
  /** HTTP status. */
  http: number;
  /** WebSocket close code, where the error closes the connection. */
  close?: number;
  /** Exit status of a command that ends with it. */
  exit: 1 | 2;
}

export const errorTable = {
  'invalid-pipeline': {
    meaning: 'the pipeline file has mistakes; diagnostics list them',
    http: 400,
    exit: 1,
  },
  'invalid-input': {
    meaning: 'an input is missing, malformed, or of another datatype or shape',
    http: 400,
    close: 1007,
    exit: 1,
  },
  unauthenticated: { meaning: 'no key, or one that may not do this', http: 401, exit: 2 },
  'not-found': { meaning: 'no such pipeline, version, file or name', http: 404, exit: 2 },
  'too-large': { meaning: 'an input or a message is over a size limit', http: 413, close: 1009, exit: 1 },
  'unsupported-type': { meaning: 'a body of a content type that is not taken here', http: 415, exit: 1 },
  overloaded: { meaning: 'refused at once, because a queue or a limit is full', http: 429, exit: 1 },
  cancelled: { meaning: 'the client cancelled the query or went away', http: 499, exit: 1 },
  'stage-failed': { meaning: 'an operator or the model runtime failed on this query', http: 500, exit: 1 },
  unavailable: {
    meaning: 'a hardware, a replica or the engine itself is not there or shutting down',
    http: 503,
    close: 1001,
    exit: 2,
  },
  'deadline-exceeded': { meaning: 'a time limit passed before the answer was ready', http: 504, exit: 1 },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/**
 * How queries end by design, thousands a second where load is too high. Nobody looks for where that came from, and
 * finding it out takes longer than all the rest of a refusal.
 */
const withoutStack: ReadonlySet<ErrorCode> = new Set(['overloaded', 'cancelled', 'deadline-exceeded']);

/** A known mistake or failure: `code` says which, `message` says what to do, without a stack for clients. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  /** The stage that failed, where one did. */
  readonly stage: string | undefined;

  constructor(code: ErrorCode, message: string, options: { stage?: string; cause?: unknown } = {}) {
    const { stackTraceLimit } = Error;
    if (withoutStack.has(code)) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'MillraceError';
    this.code = code;
    this.stage = options.stage;
  }
}

/**
 * Anything thrown, as a MillraceError: a known one keeps its code and gets `stage` if it named none; any other is
 * `stage-failed` with the first line of its message, and whole as its `cause`.
 */
export function asStageError(thrown: unknown, stage: string): MillraceError {
  if (thrown instanceof MillraceError) {
    return thrown.stage === undefined
      ? new MillraceError(thrown.code, `stage "${stage}": ${thrown.message}`, { stage, cause: thrown.cause })
      : thrown;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const firstLine = message.split('\n', 1)[0]?.trim() || 'failed without a message';
  return new MillraceError('stage-failed', `stage "${stage}": ${firstLine}`, { stage, cause: thrown });
}
