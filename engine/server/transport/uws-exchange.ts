/** One request on uWebSockets.js, from its arrival to its reply. */
import type { HttpHandler, HttpReply } from '../transport.ts';
import type { ByteBudget } from './byte-budget.ts';
import { IncomingBody, type BodyOptions } from './incoming-body.ts';
import { bodyOf, lengthOf, smallBytes, statusLine } from './reply.ts';
import { UwsRequest } from './uws-request.ts';
import type { UwsHttpRequest, UwsHttpResponse } from './uws.ts';

/** What the exchanges of one server share. */
export interface UwsShared {
  limits: BodyOptions['limits'];
  budget: ByteBudget;
  /** Whether every connection ends with its next reply. */
  isClosing: boolean;
  /** Requests that are not answered yet. */
  requests: number;
}

export class UwsExchange {
  readonly request: UwsRequest;
  readonly #response: UwsHttpResponse;
  readonly #shared: UwsShared;
  #body: IncomingBody | null = null;
  /** Bytes of a reply on its way. */
  #sending = 0;
  /** Whether it is among the requests that are not answered yet. */
  #isCounted = false;
  #hears = false;
  #over = false;

  constructor(response: UwsHttpResponse, native: UwsHttpRequest, shared: UwsShared) {
    this.#response = response;
    this.#shared = shared;
    this.request = new UwsRequest(native, response, () => (this.#body ??= this.#receive()));
  }

  /** Has it answered. */
  run(handler: HttpHandler): void {
    const reply = handler(this.request);
    if (!(reply instanceof Promise)) {
      this.#send(reply);
      return;
    }
    this.#isCounted = true;
    this.#shared.requests++;
    // The body begins to come as soon as this returns.
    this.#body ??= this.#receive();
    this.request.keep();
    this.#hear();
    void reply.then(ready => this.#sendInTime(ready));
  }

  /** Replies at once. */
  refuse(reply: HttpReply): void {
    this.#send(reply);
  }

  /** Whoever does not hear that the client went away may not answer later. */
  #hear(): void {
    if (this.#hears) return;
    this.#hears = true;
    this.#response.onAborted(() => {
      this.request.signal.abort();
      this.#end();
    });
  }

  #receive(): IncomingBody {
    const { limits, budget } = this.#shared;
    const length = this.request.header('content-length');
    const encoding = this.request.header('content-encoding');
    const body = new IncomingBody({ limits, budget, length, encoding });
    this.#response.onData((chunk, isLast) => body.receive(new Uint8Array(chunk), isLast));
    return body;
  }

  async #sendInTime(reply: HttpReply): Promise<void> {
    const body = this.#body!;
    if (!body.isSettled) await body.rest();
    if (!this.#over) this.#send(body.mayFollow ? reply : { ...reply, close: true });
  }

  #send(reply: HttpReply): void {
    const body = bodyOf(reply);
    const close = reply.close === true || this.#shared.isClosing;
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(statusLine(reply.status));
      const { headers } = reply;
      for (const name in headers) response.writeHeader(name, headers[name]!);
      if (this.request.method === 'HEAD') {
        response.writeHeader('content-length', String(lengthOf(body)));
        if (close) response.writeHeader('connection', 'close');
        // Given arguments, this version would not count it as a reply.
        response.endWithoutBody();
      } else if (typeof body === 'string' || body.byteLength < smallBytes) response.end(body, close);
      else return this.#sendLarge(body, close);
      this.#end();
    });
  }

  /** Hands over as much as the client takes, and goes on when it takes more. */
  #sendLarge(body: Uint8Array, close: boolean): void {
    const response = this.#response;
    if (close) response.writeHeader('connection', 'close');
    this.#sending = body.byteLength;
    this.#shared.budget.take(this.#sending);
    const goOn = (offset: number): boolean => {
      const [ok, done] = response.tryEnd(body.subarray(offset), body.byteLength);
      if (done) this.#end();
      return ok;
    };
    this.#hear();
    response.onWritable(goOn);
    goOn(0);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#shared.budget.giveBack(this.#sending);
    this.request.release();
    if (this.#isCounted) this.#shared.requests--;
    this.#body?.release();
  }
}
