/** A real MLServer, which the tests of other servers' stages ask. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { root } from './millrace.ts';

/** A Python that has what `fixtures/mlserver/requirements.txt` lists; CI makes one. */
export const python = process.env['MILLRACE_MLSERVER_PYTHON'];

export interface MlServer {
  url: string;
  close(): Promise<void>;
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Starts MLServer with the models of `fixtures/mlserver` and waits until they are ready. */
export async function startMlServer(models: readonly string[]): Promise<MlServer> {
  const folder = join(root, 'test', 'e2e', 'fixtures', 'mlserver');
  const port = await freePort();
  const child = spawn(join(dirname(python!), 'mlserver'), ['start', folder], {
    env: {
      ...process.env,
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      MLSERVER_HTTP_PORT: String(port),
      MLSERVER_GRPC_PORT: String(await freePort()),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (said += String(text)));
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const ready = async (model: string) => {
    if (child.exitCode !== null) throw new Error(`MLServer ended with ${child.exitCode}: ${said}`);
    const { status } = await fetch(`${url}/v2/models/${model}/ready`);
    if (status !== 200) throw new Error(`model "${model}" is not ready: ${said}`);
  };
  await vi.waitFor(() => Promise.all(models.map(ready)), { timeout: 60_000, interval: 200 });
  return {
    url,
    async close() {
      child.kill();
      await ended;
    },
  };
}
