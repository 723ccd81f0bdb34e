/**
 * Which web pages may use the server. A browser lets any page send requests and open WebSockets to any address, this
 * machine's own included, and tells in `Origin` which page it was (Fetch, CORS; WebSockets have no CORS, so that their
 * handshake is checked just so). A page whose own name was made to lead to this machine (DNS rebinding) is of the
 * server's own origin; but then `Host` is that name, and a server that listens on this machine alone has none but
 * `localhost` and its numbers.
 */
import { MillraceError } from '../../../operators/index.ts';

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
    this.#hosts = new Set(allowed.filter(origin => origin !== '*').map(origin => new URL(origin).host));
    this.#loopback = isLoopback(bound);
  }

  /** Whether pages of an origin that is not the server's own may use it. */
  allowsOrigin(origin: string): boolean {
    return this.#allowed.has('*') || this.#allowed.has(origin);
  }

  /** Whether the server is meant by this name, with its port. */
  allowsHost(host: string): boolean {
    if (!this.#loopback || host === '' || this.#allowed.has('*')) return true;
    return this.#hosts.has(host.toLowerCase()) || isLoopback(host.replace(/:\d+$/, ''));
  }
}
