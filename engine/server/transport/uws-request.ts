import type { HttpRequest } from '../transport.ts';
import type { IncomingBody } from './incoming-body.ts';
import { remoteAddress } from './address.ts';
import { Departure } from './departure.ts';
import type { UwsHttpRequest, UwsHttpResponse } from './uws.ts';

const none: ReadonlyMap<string, string> = new Map();

/** A request of uWebSockets.js. What that one forgets once its callback is over, this one keeps. */
export class UwsRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly signal = new Departure();
  /** Null once the callback is over. */
  #native: UwsHttpRequest | null;
  #response: UwsHttpResponse | null;
  #headers = none;
  #peer: string | undefined;
  readonly #body: () => IncomingBody;

  /** @param body makes the body's reader when it is first asked for */
  constructor(native: UwsHttpRequest, response: UwsHttpResponse, body: () => IncomingBody) {
    this.method = native.getCaseSensitiveMethod();
    this.path = native.getUrl();
    this.query = native.getQuery() ?? '';
    this.#native = native;
    this.#response = response;
    this.#body = body;
  }

  get peer(): string {
    this.#peer ??= this.#response ? remoteAddress(this.#response) : '';
    return this.#peer;
  }

  header(name: string): string {
    return this.#native ? this.#native.getHeader(name) : (this.#headers.get(name) ?? '');
  }

  body(): Promise<Uint8Array> {
    return this.#body().read();
  }

  /** Keeps the headers: the callback is about to end. */
  keep(): void {
    const headers = new Map<string, string>();
    this.#native!.forEach((name, value) => {
      if (!headers.has(name)) headers.set(name, value);
    });
    this.#headers = headers;
    this.#native = null;
  }

  /** The response may not be touched any more. */
  release(): void {
    this.#response = null;
  }
}
