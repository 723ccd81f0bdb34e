import { pino } from 'pino';
import type { Log } from '../runtime/log.ts';
import type { Logger } from '../server/observe/logger.ts';
import { textOption, UsageError, type Arguments, type Command } from './command.ts';

/** What the server's parts need of a log. */
export type ServerLog = Log & Logger;

const levels = ['debug', 'info', 'warn', 'error', 'silent'];

export const logOptions = { 'log-level': { type: 'string' } } as const satisfies Command['options'];

export const logHelp = `\
  --log-level LEVEL       what is logged, a line of JSON each on standard error: ${levels.join(', ')} (default warn, or
                          what MILLRACE_LOG says). debug has a line for every query, never what it carried
`;

function logAt(level: string): ServerLog {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
}

/** A structured log on standard error; its level is MILLRACE_LOG, `error` unless given. */
export function standardErrorLog(): Log {
  return logAt(process.env['MILLRACE_LOG'] ?? 'error');
}

/** The log of a server. @throws UsageError for a level that there is not */
export function serverLog(args: Arguments): ServerLog {
  const level = textOption(args, 'log-level') ?? process.env['MILLRACE_LOG'] ?? 'warn';
  if (levels.includes(level)) return logAt(level);
  throw new UsageError(`--log-level takes ${levels.join(', ')}, not "${level}"`);
}
