/** One request on `node:http`, from its arrival to its reply. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpHandler, HttpReply, HttpRequest } from '../transport.ts';
import { plainAddress } from './address.ts';
import type { ByteBudget } from './byte-budget.ts';
import { Departure } from './departure.ts';
import { IncomingBody, type BodyOptions } from './incoming-body.ts';
import { bodyOf, lengthOf, smallBytes } from './reply.ts';

/** Milliseconds within which a client has to send more of a request, or take more of a reply. */
export const patience = 10_000;

/** What the exchanges of one server share. */
export interface NodeShared {
  limits: BodyOptions['limits'];
  budget: ByteBudget;
  isClosing: boolean;
  /** Requests that are not answered yet. */
  requests: number;
}

/** The parts of a request's target. */
function split(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

export class NodeRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly peer: string;
  readonly signal = new Departure();
  readonly #message: IncomingMessage;
  readonly #body: IncomingBody | null;

  /** @param body null for a WebSocket's */
  constructor(message: IncomingMessage, body: IncomingBody | null) {
    const { path, query } = split(message.url ?? '/');
    this.method = message.method ?? 'GET';
    this.path = path;
    this.query = query;
    this.peer = plainAddress(message.socket.remoteAddress ?? '');
    this.#message = message;
    this.#body = body;
  }

  header(name: string): string {
    const value = this.#message.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  }

  async body(): Promise<Uint8Array> {
    return this.#body ? this.#body.read() : new Uint8Array(0);
  }
}

export class NodeExchange {
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #shared: NodeShared;
  readonly #body: IncomingBody;
  readonly #request: NodeRequest;

  constructor(message: IncomingMessage, response: ServerResponse, shared: NodeShared) {
    const { limits, budget } = shared;
    const { 'content-length': length = '', 'content-encoding': encoding = '' } = message.headers;
    this.#message = message;
    this.#response = response;
    this.#shared = shared;
    this.#body = new IncomingBody({ limits, budget, length, encoding });
    this.#request = new NodeRequest(message, this.#body);
  }

  async run(handler: HttpHandler): Promise<void> {
    const { socket } = this.#message;
    socket.setTimeout(patience);
    this.#message.on('data', (chunk: Uint8Array) => this.#body.receive(chunk, false));
    this.#message.on('end', () => {
      if (!this.#response.writableEnded) socket.setTimeout(0);
      this.#body.receive(new Uint8Array(0), true);
    });
    this.#response.once('close', () => {
      this.#shared.requests--;
      if (!this.#response.writableFinished) this.#request.signal.abort();
      this.#body.release();
    });
    const replied = handler(this.#request);
    this.#shared.requests++;
    const reply = await replied;
    await this.#body.rest();
    if (!this.#response.destroyed) this.#send(this.#body.mayFollow ? reply : { ...reply, close: true });
  }

  #send(reply: HttpReply): void {
    const body = bodyOf(reply);
    const response = this.#response;
    const size = lengthOf(body);
    const close = reply.close === true || this.#shared.isClosing;
    response.writeHead(reply.status, {
      ...reply.headers,
      'content-length': String(size),
      ...(close && { connection: 'close' }),
    });
    if (size >= smallBytes) {
      this.#shared.budget.take(size);
      response.once('close', () => this.#shared.budget.giveBack(size));
    }
    this.#message.socket.setTimeout(patience);
    response.end(body);
  }
}
