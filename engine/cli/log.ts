import { pino, type Logger } from 'pino';
import type { Log } from '../runtime/log.ts';

/** A structured log on standard error; its level is MILLRACE_LOG, `error` unless given. */
export function standardErrorLog(): Log {
  return pino(
    { level: process.env['MILLRACE_LOG'] ?? 'error', base: null },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Bytes of a server's log that may wait to be written; lines beyond are dropped, so that a full pipe holds up nothing. */
const mostWaiting = 16 * 1024 ** 2;

/** A server's structured log on standard error, written behind its back. */
export function serverLog(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: false, maxLength: mostWaiting }));
}
