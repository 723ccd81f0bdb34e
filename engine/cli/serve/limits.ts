/** The options of `serve` that say where everything that could grow stops. */
import { formatDuration, formatSize } from '../../../operators/index.ts';
import { defaultLimits, type Limits } from '../../index.ts';
import { defaultServerLimits, type ServerLimits } from '../../server/limits.ts';
import {
  countOption,
  durationOption,
  sizeOption,
  UsageError,
  type Arguments,
  type Command,
} from '../command.ts';

const server = defaultServerLimits;

export const limitOptions = {
  'max-message': { type: 'string' },
  'max-decompressed': { type: 'string' },
  'max-bodies': { type: 'string' },
  'max-connections': { type: 'string' },
  'max-queries': { type: 'string' },
  'max-queue': { type: 'string' },
  'max-held': { type: 'string' },
  'max-items': { type: 'string' },
  'max-sequences': { type: 'string' },
  'max-batch': { type: 'string' },
  'max-replica-memory': { type: 'string' },
  'start-timeout': { type: 'string' },
  window: { type: 'string' },
  'max-unread': { type: 'string' },
  'max-unread-all': { type: 'string' },
  'max-backlog': { type: 'string' },
  'idle-timeout': { type: 'string' },
} as const satisfies Command['options'];

export const limitHelp = `\
  --max-message SIZE      a body or a WebSocket frame (default "${formatSize(server.message)}")
  --max-decompressed SIZE a body that came compressed (default "${formatSize(server.decompressed)}")
  --max-bodies SIZE       HTTP bodies on their way in or out, together (default "${formatSize(server.bodies)}")
  --max-connections N     requests being answered and open WebSockets, together (default ${server.connections})
  --max-queries N         queries in flight, of each pipeline (default ${defaultLimits.queries})
  --max-queue N           items that wait at one group of stages (default ${defaultLimits.queue})
  --max-held SIZE         values of queries in flight, of each pipeline (default "${formatSize(defaultLimits.bytes)}")
  --max-items N           items a fan-out may make of one query (default ${defaultLimits.items})
  --max-sequences N       open sequences, of each pipeline (default ${defaultLimits.sequences})
  --max-batch N           queries stacked in one request (default ${server.batch})
  --max-replica-memory SIZE
                          a worker's memory (a thread's heap, or all of a process); with more it is replaced
                          (default "${formatSize(defaultLimits.replicaMemory)}")
  --start-timeout T       a worker that starts: loading its models, and the first batches
                          (default "${formatDuration(defaultLimits.start)}")
  --window N              queries in flight on one WebSocket (default ${server.window})
  --max-unread SIZE       what a WebSocket's client may leave unread and still ask (default "${formatSize(server.unread)}")
  --max-unread-all SIZE   the same, of all clients together (default "${formatSize(server.unreadInAll)}")
  --max-backlog SIZE      what may wait for it at most; beyond, it is closed (default "${formatSize(server.backlog)}")
  --idle-timeout T        a WebSocket on which nothing comes, not even a pong; "0 s": never, otherwise 8 s to 16 min
                          (default "${formatDuration(server.idle)}")
`;

/** What uWebSockets.js can tell apart. @throws UsageError */
function idleTimeout(args: Arguments): number {
  const idle = durationOption(args, 'idle-timeout', server.idle);
  if (idle === 0 || (idle >= 8000 && idle <= 960_000)) return idle;
  throw new UsageError('--idle-timeout takes 8 s to 16 min, or 0 s for never');
}

/** uWebSockets.js takes no longer lengths. */
const largestMessage = 900 * 1024 ** 2;

/** @throws UsageError for a value that makes no sense */
export function readServerLimits(args: Arguments): ServerLimits {
  const message = sizeOption(args, 'max-message', server.message);
  if (message > largestMessage)
    throw new UsageError(`--max-message takes at most "${formatSize(largestMessage)}"`);
  return {
    message,
    decompressed: sizeOption(args, 'max-decompressed', server.decompressed),
    bodies: sizeOption(args, 'max-bodies', server.bodies),
    connections: countOption(args, 'max-connections', server.connections),
    batch: countOption(args, 'max-batch', server.batch),
    window: countOption(args, 'window', server.window),
    unread: sizeOption(args, 'max-unread', server.unread),
    unreadInAll: sizeOption(args, 'max-unread-all', server.unreadInAll),
    backlog: sizeOption(args, 'max-backlog', server.backlog),
    idle: idleTimeout(args),
  };
}

/** @throws UsageError for a value that makes no sense */
export function readEngineLimits(args: Arguments): Partial<Limits> {
  return {
    queries: countOption(args, 'max-queries', defaultLimits.queries),
    queue: countOption(args, 'max-queue', defaultLimits.queue),
    bytes: sizeOption(args, 'max-held', defaultLimits.bytes),
    items: countOption(args, 'max-items', defaultLimits.items),
    sequences: countOption(args, 'max-sequences', defaultLimits.sequences),
    replicaMemory: sizeOption(args, 'max-replica-memory', defaultLimits.replicaMemory),
    start: durationOption(args, 'start-timeout', defaultLimits.start),
  };
}
