import { pino } from 'pino';
import type { Log } from '../runtime/log.ts';

/** A structured log on standard error; its level is MILLRACE_LOG, `error` unless given. */
export function standardErrorLog(): Log {
  return pino(
    { level: process.env['MILLRACE_LOG'] ?? 'error', base: null },
    pino.destination({ fd: 2, sync: true }),
  );
}
