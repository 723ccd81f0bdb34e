/** A built server under supervision, whose processes can be done things to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';
import { main, root, type Outcome } from './millrace.ts';

const supervisors = new Set<ReturnType<typeof spawn>>();

afterAll(() => {
  // Servers end by themselves once their supervisor is gone.
  for (const supervisor of supervisors) supervisor.kill('SIGKILL');
});

export interface Supervised {
  url: string;
  /** Process of the supervisor. */
  pid: number;
  /** Waits for the next server that runs. @returns its process */
  server(): Promise<number>;
  /** Once all its processes have. */
  ended: Promise<Outcome>;
  /** Asks the supervisor to end, or makes it. */
  stop(signal: NodeJS.Signals): Promise<Outcome>;
}

/** Starts `millrace serve --supervise` on a free port. */
export async function supervise(args: readonly string[]): Promise<Supervised> {
  const command = [main, 'serve', ...args, '--port', '0', '--json', '--supervise'];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  supervisors.add(child);
  const exited = once(child, 'exit').then(([status]) => status as number | null);
  // Both pipes end when nobody holds them any more: the servers do too.
  const ended = Promise.all([exited, text(child.stdout), text(child.stderr)]).then(
    ([status, stdout, stderr]): Outcome => ({ status, stdout, stderr }),
  );
  const running: { pid: number; port: number }[] = [];
  let wake = () => {};
  createInterface(child.stderr).on('line', line => {
    if (!line.includes('the server runs')) return;
    running.push(JSON.parse(line) as (typeof running)[number]);
    wake();
  });
  const next = async (): Promise<{ pid: number; port: number }> => {
    while (running.length === 0) {
      const failed = ended.then(({ status, stderr }) => {
        throw new Error(`exit status ${status}: ${stderr}`);
      });
      await Promise.race([new Promise<void>(resolve => (wake = resolve)), failed]);
    }
    return running.shift()!;
  };
  const first = await next();
  running.unshift(first);
  return {
    url: `http://127.0.0.1:${first.port}`,
    pid: child.pid!,
    server: async () => (await next()).pid,
    ended,
    stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
