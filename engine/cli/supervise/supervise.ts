/** `serve --supervise`: a process that runs the server as another one, and starts it again when it breaks down. */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { formatDuration, MillraceError } from '../../../operators/index.ts';
import { Restarts, tooOften } from './restarts.ts';
import { ServerProcess, statusOf, type End } from './server-process.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SuperviseOptions {
  log: Logger;
  /** Milliseconds without a sign of life after which the server is killed; 0: never. */
  patience: number;
}

function describe({ status, signal, silence }: End): string {
  if (silence > 0) return `gave no sign of life for ${formatDuration(silence)}, and was killed`;
  return signal === null ? `ended with exit status ${status}` : `was ended by ${signal}`;
}

/**
 * Runs this very command as a server, again and again, until it is asked to end.
 * @returns the exit status of the last server
 * @throws MillraceError `unavailable` if it breaks down too often
 */
export async function supervise({ log, patience }: SuperviseOptions): Promise<number> {
  const restarts = new Restarts();
  const stop = new AbortController();
  let server: ServerProcess | null = null;
  let port: number | undefined;
  const pass = (signal: NodeJS.Signals) => {
    stop.abort();
    // The server knows no SIGHUP: to it as well, a terminal that is gone means the end.
    server?.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    for (;;) {
      server = new ServerProcess({
        args: process.argv.slice(1),
        port,
        patience,
        ready(found, pid) {
          port = found;
          log.info({ pid, port }, 'the server runs');
        },
      });
      const end = await server.ended;
      server = null;
      // What never ran would not run the next time either: its own words say why.
      const isFinal = stop.signal.aborted || port === undefined || end.status === 0;
      if (isFinal) return statusOf(end);
      const what = `the server ${describe(end)}`;
      const pause = restarts.ended(performance.now());
      if (pause === null) {
        const message = `${what}, the ${tooOften.ends}th time within ${formatDuration(tooOften.within)}: it is given up`;
        throw new MillraceError('unavailable', message);
      }
      log.error({ status: end.status, signal: end.signal }, `${what}: it is started again in ${pause} ms`);
      await setTimeout(pause, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return 0;
    }
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
