/** uWebSockets.js, where its native build runs. No other file imports it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AppOptions, HttpResponse, TemplatedApp, us_listen_socket } from 'uWebSockets.js';

export type {
  HttpRequest as UwsHttpRequest,
  HttpResponse as UwsHttpResponse,
  us_listen_socket as UwsListenSocket,
  WebSocket as UwsWebSocket,
} from 'uWebSockets.js';

/** What its types leave out. */
export interface UwsApp extends Omit<TemplatedApp, 'listen'> {
  listen(
    host: string,
    port: number,
    options: number,
    listening: (socket: us_listen_socket | false) => void,
  ): void;
  close(): void;
}

export interface Uws {
  App(): UwsApp;
  SSLApp(options: AppOptions): UwsApp;
  us_listen_socket_close(socket: us_listen_socket): void;
  us_socket_local_port(socket: us_listen_socket | HttpResponse): number;
  ['_cfg'](key: 'silent'): void;
  LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

/**
 * The native build for this Node; null if there is none, or `UWS_USE_FALLBACK` asks to do without. The package's own
 * fallback is passed by: it has neither TLS nor backpressure nor upgrades that can be refused.
 */
export function loadUws(): Uws | null {
  if (/^(1|true)$/i.test(process.env['UWS_USE_FALLBACK'] ?? '')) return null;
  const require = createRequire(import.meta.url);
  try {
    const folder = dirname(require.resolve('uWebSockets.js'));
    const file = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    // Beside the entry: its author's build. In `binaries`: that of the npm registry.
    const binary = [join(folder, file), join(folder, '..', 'binaries', file)].find(path => existsSync(path));
    return binary === undefined ? null : (require(binary) as Uws);
  } catch {
    // It wants another C library, or is not installed.
    return null;
  }
}
