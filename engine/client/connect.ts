/** Opening a client. */
import { MillraceError } from '../../operators/browser.ts';
import { defaultBackoff, type Backoff } from './backoff.ts';
import { PipelineClient } from './client.ts';
import type { PipelineShape } from './query.ts';

export interface ConnectOptions {
  /** API key. */
  key?: string;
  /** Version of the pipeline; the newest unless given. */
  version?: string;
  /** Milliseconds that opening a connection may take, the server's hello included; 10,000 unless given. */
  openTimeout?: number;
  /** How a lost connection is sought again; what is not given is by default. */
  reconnect?: Partial<Backoff>;
  /**
   * Whether queries that were in flight when the connection was lost are sent again; some may run twice. By default they
   * are, unless the pipeline has state.
   */
  retry?: boolean;
  /** Queries that may wait for a place in the window; one more is `overloaded`. 10,000 unless given. */
  queue?: number;
}

const subprotocol = 'millrace.v1';

/** Text as base64url, which may be part of a subprotocol's name. */
function base64url(text: string): string {
  const binary = String.fromCodePoint(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws MillraceError `invalid-input` */
function streamUrl(server: string | URL, pipeline: string, version: string | undefined): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    throw new MillraceError('invalid-input', `"${String(server)}" is no URL`);
  }
  const scheme = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[url.protocol];
  if (scheme === undefined)
    throw new MillraceError('invalid-input', `"${String(server)}" is neither a ws: nor an http: URL`);
  const pinned = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
  const base = url.pathname.replace(/\/+$/, '');
  return `${scheme}//${url.host}${base}/v2/models/${encodeURIComponent(pipeline)}${pinned}/stream`;
}

/**
 * Connects to a pipeline of a server.
 * @param server such as `ws://127.0.0.1:8000`
 * @throws MillraceError `invalid-input` if it is no address, `unavailable` if there is no answer; where WebSockets tell
 *   of it, why the server refused: `not-found`, `unauthenticated`
 */
export async function connect<Shape extends PipelineShape = PipelineShape>(
  server: string | URL,
  pipeline: string,
  { key, version, openTimeout = 10_000, reconnect, retry, queue = 10_000 }: ConnectOptions = {},
): Promise<PipelineClient<Shape>> {
  return PipelineClient.open<Shape>({
    url: streamUrl(server, pipeline, version),
    // Browsers can't set headers on a WebSocket.
    protocols: key === undefined ? [subprotocol] : [subprotocol, `key.${base64url(key)}`],
    patience: openTimeout,
    backoff: { ...defaultBackoff, ...reconnect },
    retry,
    queue,
  });
}
