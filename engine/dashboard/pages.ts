/** The dashboard's files, as the server gives them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Route } from '../server/router.ts';
import type { HttpReply } from '../server/transport.ts';
import { refuseAsJson } from '../server/exchange.ts';

/** Made by the build, beside this module. */
const folder = new URL('./page/', import.meta.url);

const files: Readonly<Record<string, { file: string; type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/dashboard.js': { file: 'main.js', type: 'text/javascript; charset=utf-8' },
  '/dashboard.css': { file: 'main.css', type: 'text/css; charset=utf-8' },
};

/** The page runs what comes from this server alone, and is shown in no other. */
const policy = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  // What the microphone hears is taken up by a script that the page makes.
  "script-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

async function replyOf({ file, type }: { file: string; type: string }): Promise<HttpReply & { tag: string }> {
  const body = await readFile(new URL(file, folder));
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = {
    'content-type': type,
    'content-security-policy': policy,
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag: tag,
  };
  return { status: 200, headers, body, tag };
}

/** Read once, at the start. @throws what the file system does where the build is not whole */
export async function pageRoutes(): Promise<Route[]> {
  return Promise.all(
    Object.entries(files).map(async ([path, file]): Promise<Route> => {
      const { tag, ...reply } = await replyOf(file);
      return {
        method: 'GET',
        path,
        access: 'public',
        refuse: refuseAsJson,
        handle: ({ request }) =>
          request.header('if-none-match') === tag ? { status: 304, headers: { etag: tag } } : reply,
      };
    }),
  );
}
