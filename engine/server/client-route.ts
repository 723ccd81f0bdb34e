/** The client as one module, so that a page needs nothing but the server: `import { connect } from '/client.js'`. */
import { readFile } from 'node:fs/promises';
import { MillraceError } from '../../operators/index.ts';
import { refuseAsJson } from './exchange.ts';
import type { Route } from './router.ts';

/** Made by the build; beside the client's other files. */
const file = new URL('../client/browser.js', import.meta.url);

async function read(): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MillraceError('not-found', 'the client was not built', { cause });
  }
}

export const clientRoute: Route = {
  method: 'GET',
  path: '/client.js',
  access: 'public',
  refuse: refuseAsJson,
  handle: async () => ({
    status: 200,
    headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' },
    body: await read(),
  }),
};
