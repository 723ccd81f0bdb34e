/** The built server, as a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';
import { loadUws } from '../../../engine/server/transport/uws.ts';
import { main, root, type Outcome, type RunOptions } from './millrace.ts';

type WebServer = [name: string, env: Record<string, string>];

/**
 * What a server may run on here, with the environment that has it do so. Tests of servers go through both, where there
 * is a native build.
 */
export const webServers: WebServer[] = [
  ...(loadUws() ? [['uWebSockets.js', {}] satisfies WebServer] : []),
  ['node:http and ws', { UWS_USE_FALLBACK: '1' }],
];

const running = new Set<ChildProcessWithoutNullStreams>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server that listens. */
export interface RunningServer {
  url: string;
  /** What its line of JSON said. */
  ready: { listening: string; implementation: string; pipelines: string[] };
  /** Of its process. */
  pid: number;
  /** Asks it to end, and waits until it has; standard output is what came after the line of JSON. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
}

/** Starts `millrace serve` on a free port, until the tests of the file are over. @throws if it ends before it listens */
export async function serve(args: readonly string[], options: RunOptions = {}): Promise<RunningServer> {
  const { cwd = root, env = {} } = options;
  // A busy machine is no reason for a test to fail.
  const patience = args.includes('--deadline-factor') ? [] : ['--deadline-factor', 'off'];
  const child = spawn(process.execPath, [main, 'serve', ...args, ...patience, '--port', '0', '--json'], {
    cwd,
    env: { ...process.env, ...env },
  });
  running.add(child);
  const exited = once(child, 'exit').then(([status]) => {
    running.delete(child);
    return status as number | null;
  });
  const stderr = text(child.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) throw new Error(`exit status ${await exited}: ${await stderr}`);
  const ready = JSON.parse(first.value) as RunningServer['ready'];
  const rest = async (): Promise<string> => {
    const { done, value } = await lines.next();
    return done ? '' : `${value}\n${await rest()}`;
  };
  return {
    url: ready.listening,
    ready,
    pid: child.pid!,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [status, stdout] = await Promise.all([exited, rest()]);
      return { status, stdout, stderr: await stderr };
    },
  };
}
