/**
 * Which web pages may use the server. A browser lets any page send requests and open WebSockets to any address, this
 * machine's own included, and tells in `Origin` which page it was:
 *
 * - a page of another origin is refused unless it is on the list (Fetch standard, CORS; a WebSocket has no CORS, and
 *   its handshake is checked just so);
 * - a page whose own name was made to lead to this machine (DNS rebinding) is of the same origin; but then `Host` is
 *   that name, and a server that listens on this machine alone has none but `localhost` and its numbers.
 */
import { MillraceError } from '../../../operators/index.ts';
import { jsonReply } from '../exchange.ts';
import type { HttpReply, RequestHead } from '../transport.ts';

const methods = 'GET, POST, PUT, DELETE';
const requestHeaders =
  'authorization, content-type, inference-header-content-length, traceparent, x-api-key, x-request-id';
const replyHeaders = 'inference-header-content-length, retry-after, x-request-id';
/** Seconds that a browser may remember a preflight's answer. */
const maxAge = '600';

const preflight = {
  'access-control-allow-methods': methods,
  'access-control-allow-headers': requestHeaders,
  'access-control-max-age': maxAge,
};

/** Headers for the reply to a request; or the reply to one that needs no handler, or is refused. */
export type Screened = { headers: Readonly<Record<string, string>> } | { reply: HttpReply };

export function isLoopback(host: string): boolean {
  return /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** @throws MillraceError `invalid-input` unless it is `*`, or an origin as browsers write it */
function requireOrigin(text: string): string {
  if (text === '*') return text;
  const origin = URL.canParse(text) ? new URL(text).origin : 'null';
  if (origin === text && origin !== 'null') return text;
  const hint = origin === 'null' ? 'an origin is https://example.com' : `did you mean "${origin}"?`;
  throw new MillraceError('invalid-input', `"${text}" is no origin; ${hint}`);
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}

function refused(why: string): { reply: HttpReply } {
  return { reply: jsonReply(JSON.stringify({ error: why }), 403) };
}

export class Origins {
  readonly #allowed: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  readonly #loopback: boolean;

  /**
   * @param allowed origins beside the server's own, or `*` for all
   * @param bound the host that the server listens on
   * @throws MillraceError `invalid-input` if one is no origin
   */
  constructor(allowed: readonly string[], bound: string) {
    this.#allowed = new Set(allowed.map(requireOrigin));
    this.#hosts = new Set(allowed.map(hostOf));
    this.#loopback = isLoopback(bound);
  }

  /** What is to become of a request, of a WebSocket's handshake too. */
  screen(head: RequestHead): Screened {
    const host = head.header('host').toLowerCase();
    if (!this.#isOwn(host))
      return refused(`host "${host}" is not this server's; name it with --allow-origin if it is meant`);
    const origin = head.header('origin');
    if (origin === '' || (host !== '' && hostOf(origin) === host)) return { headers: {} };
    if (!this.#allowed.has('*') && !this.#allowed.has(origin))
      return refused(`pages of ${origin} may not use this server; --allow-origin ${origin} lets them`);
    const headers = {
      'access-control-allow-origin': this.#allowed.has('*') ? '*' : origin,
      'access-control-expose-headers': replyHeaders,
      vary: 'origin',
    };
    const isPreflight = head.method === 'OPTIONS' && head.header('access-control-request-method') !== '';
    return isPreflight ? { reply: { status: 204, headers: { ...headers, ...preflight } } } : { headers };
  }

  #isOwn(host: string): boolean {
    if (!this.#loopback || host === '' || this.#allowed.has('*') || this.#hosts.has(host)) return true;
    return isLoopback(host.replace(/:\d+$/, ''));
  }
}
