/** The server: requests find their route, errors their shape, and the end comes in order. */
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../operators/index.ts';
import type { Log } from '../runtime/log.ts';
import type { Access } from './access.ts';
import { KeyAccess } from './access/key-access.ts';
import { Origins } from './access/origins.ts';
import { crossOriginHeaders, preflight } from './cross-origin.ts';
import { refuseAsJson } from './exchange.ts';
import type { ServerLimits } from './limits.ts';
import type { Repository } from './repository.ts';
import { Router, type Route } from './router.ts';
import type { HttpReply, HttpRequest, RequestHead, TlsFiles, Transport, Upgrade } from './transport.ts';
import { lengthOf, smallBytes } from './transport/reply.ts';
import { openTransport } from './transport/open-transport.ts';
import { loadUws, type Uws } from './transport/uws.ts';

/** What answers on WebSockets. */
export interface Streams {
  /** @throws MillraceError why a client may open none */
  upgrade(request: RequestHead): Upgrade;
  /**
   * Tells every client to go, answers what was accepted and closes.
   * @param limit milliseconds until the server ends
   */
  goAway(limit: number): Promise<void>;
}

/** A request that was answered with an error. */
export interface Refusal {
  requestId: string;
  request: RequestHead;
  error: MillraceError;
}

export interface ServerOptions {
  repository: Repository;
  routes: readonly Route[];
  streams?: Streams;
  /** Without keys, unless given. */
  access?: Access;
  limits: ServerLimits;
  tls?: TlsFiles | undefined;
  host: string;
  /** 0: any that is free. */
  port: number;
  log: Log;
  /** The native build to run on, null for what stands in for it; by default as `loadUws` finds. */
  uws?: Uws | null;
  /** Is told of each; must not throw. */
  refused?(refusal: Refusal): void;
}

/** Milliseconds between looks at whether the last replies are out. */
const tick = 10;

/** What a client may call its request: it ends in logs. */
const usableId = /^[\x21-\x7e]{1,128}$/;

function idOf(request: RequestHead): string {
  const given = request.header('x-request-id');
  return usableId.test(given) ? given : randomUUID();
}

export class Server {
  readonly #options: ServerOptions;
  readonly #access: Access;
  readonly #router: Router;
  readonly #transport: Transport;
  #url = '';
  #port = 0;

  private constructor(options: ServerOptions) {
    const { limits, tls, routes, host, uws = loadUws() } = options;
    const { access = new KeyAccess(null, new Origins([], host)) } = options;
    this.#options = options;
    this.#access = access;
    this.#router = new Router(routes);
    const transport = {
      limits,
      ...(tls && { tls }),
      http: (request: HttpRequest) => this.#answer(request),
      upgrade: (request: RequestHead) => this.#upgrade(request),
    };
    this.#transport = openTransport(transport, uws);
  }

  /** @throws MillraceError `unavailable` if the port can't be had, and what is wrong with the TLS files */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    const { tls, host } = options;
    const port = await server.#transport.listen(host, options.port);
    server.#port = port;
    server.#url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return server;
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return this.#port;
  }

  /** Which web server it runs on, for people. */
  get implementation(): string {
    return this.#transport.implementation;
  }

  /** Requests that are not answered yet, and open WebSockets. */
  get connections(): number {
    return this.#transport.connections;
  }

  /**
   * Ends in order: nothing new is accepted, so that readiness is denied; what was accepted is answered; and once the
   * last reply is out, connections are closed.
   * @param limit milliseconds after which what is left is given up
   */
  async close(limit: number): Promise<void> {
    const end = performance.now() + limit;
    const { repository, streams } = this.#options;
    const services = repository.all().map(service => service.unload(limit));
    await Promise.allSettled([streams?.goAway(limit), ...services]);
    this.#transport.stopListening();
    while (this.#transport.connections > 0 && performance.now() < end)
      await new Promise(resolve => setTimeout(resolve, tick));
    this.#transport.close();
  }

  #answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const requestId = idOf(request);
    let refuse = refuseAsJson;
    let headers: Readonly<Record<string, string>> = {};
    let client = request.peer;
    const finish = (reply: HttpReply): HttpReply => ({
      ...reply,
      headers: { ...reply.headers, ...headers, 'x-request-id': requestId },
    });
    const fail = (thrown: unknown): HttpReply => {
      const error = this.#known(thrown, requestId);
      this.#options.refused?.({ requestId, request, error });
      return finish(this.#withAdvice(refuse(error), error, client));
    };
    try {
      const isHead = request.method === 'HEAD';
      const match = this.#router.match(isHead ? 'GET' : request.method, request.path);
      if ('route' in match) ({ refuse } = match.route);
      headers = crossOriginHeaders(request, this.#access);
      if (!('route' in match)) return finish(unmatched(request, match.allowed, headers));
      const { route, values } = match;
      client = this.#access.check(request, route.access, values['model']);
      if (route.access !== 'public') this.#admit();
      const reply = route.handle({ request, values, requestId, client });
      if (!(reply instanceof Promise)) return finish(reply);
      return reply.then(ready => finish(this.#withRoom(ready))).catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  #upgrade(request: RequestHead): Upgrade {
    try {
      crossOriginHeaders(request, this.#access);
      this.#admit();
      const { streams } = this.#options;
      if (streams) return streams.upgrade(request);
      throw new MillraceError('not-found', `there is no stream at ${request.path}`);
    } catch (thrown) {
      const error = this.#known(thrown, '');
      this.#options.refused?.({ requestId: '', request, error });
      return { refusal: this.#withAdvice(refuseAsJson(error), error, request.peer) };
    }
  }

  /** @throws MillraceError `overloaded` if one more is one too many */
  #admit(): void {
    const { connections } = this.#options.limits;
    if (this.#transport.connections < connections) return;
    const message = `${connections} connections are in use, which is the limit; try again later`;
    throw new MillraceError('overloaded', message);
  }

  /** @throws MillraceError `overloaded` if readers are so slow that there is no room for one more reply */
  #withRoom(reply: HttpReply): HttpReply {
    const bytes = lengthOf(reply.body);
    if (bytes < smallBytes || this.#transport.hasRoom(bytes)) return reply;
    throw new MillraceError(
      'overloaded',
      'replies that clients do not read are at the limit; try again later',
    );
  }

  /** Says what to send, or when to come back, where that may help. */
  #withAdvice(reply: HttpReply, error: MillraceError, client: string): HttpReply {
    const advice = this.#access.refusalHeaders(error, client);
    return { ...reply, headers: { ...advice, ...reply.headers } };
  }

  /** What was thrown, if it is known; a mistake of ours says nothing of itself to a client. */
  #known(thrown: unknown, requestId: string): MillraceError {
    if (thrown instanceof MillraceError) return thrown;
    this.#options.log.error({ err: thrown, requestId }, 'a request failed for a reason that is not known');
    return new MillraceError('stage-failed', 'the server failed on this request; its log says why');
  }
}

/** A path that is not there, or not by this method. */
function unmatched(
  request: RequestHead,
  allowed: readonly string[],
  headers: Readonly<Record<string, string>>,
): HttpReply {
  if (allowed.length === 0)
    return refuseAsJson(new MillraceError('not-found', `there is nothing at ${request.path}`));
  const methods = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
  if (request.method === 'OPTIONS') return preflight(request, methods, headers);
  const allow = methods.join(', ');
  const reply = refuseAsJson(
    new MillraceError('invalid-input', `${request.method} is not taken at ${request.path}, but ${allow}`),
  );
  return { ...reply, status: 405, headers: { ...reply.headers, allow } };
}
