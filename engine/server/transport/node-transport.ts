/**
 * The web server on `node:http` and `ws`, for where uWebSockets.js has no native build. It is slower, and otherwise the
 * same, time-outs included; it answers requests that are sent ahead in their order.
 */
import { readFileSync } from 'node:fs';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { HttpReply, Transport, TransportOptions } from '../transport.ts';
import { ByteBudget } from './byte-budget.ts';
import { notListening } from './listening.ts';
import { NodeExchange, NodeRequest, patience, type NodeShared } from './node-exchange.ts';
import { NodeSocket } from './node-socket.ts';
import { bodyOf, lengthOf } from './reply.ts';

const settings = {
  keepAliveTimeout: patience,
  headersTimeout: patience,
  requestTimeout: 0,
  connectionsCheckingInterval: 1000,
};

/** Writes a reply where `node:http` has given the connection away, and ends that. */
function refuse(stream: Duplex, reply: HttpReply): void {
  const body = bodyOf(reply);
  const headers = { ...reply.headers, 'content-length': String(lengthOf(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  stream.write(
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`,
  );
  stream.end(body);
}

export class NodeTransport implements Transport {
  readonly implementation = 'node:http and ws';
  readonly #server: Server;
  readonly #shared: NodeShared;
  readonly #options: TransportOptions;
  readonly #webSockets: WebSocketServer;
  /** What was agreed on with whoever is being upgraded. */
  readonly #protocols = new WeakMap<IncomingMessage, string>();
  readonly #sockets = new Set<NodeSocket>();
  #probing: NodeJS.Timeout | undefined;

  constructor(options: TransportOptions) {
    const { limits, tls, http } = options;
    this.#options = options;
    this.#shared = { limits, budget: new ByteBudget(limits.bodies), isClosing: false, requests: 0 };
    this.#server = tls
      ? createSecureServer({ ...settings, cert: readFileSync(tls.cert), key: readFileSync(tls.key) })
      : createServer(settings);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.message,
      handleProtocols: (_, message) => this.#protocols.get(message) ?? false,
    });
    this.#server.on('request', (message, response) => {
      void new NodeExchange(message, response, this.#shared).run(http);
    });
    this.#server.on('upgrade', (message, stream, head) => this.#upgrade(message, stream, head));
    this.#server.on('clientError', (_, stream) => stream.destroy());
  }

  get connections(): number {
    return this.#shared.requests + this.#sockets.size;
  }

  hasRoom(bytes: number): boolean {
    return this.#shared.budget.has(bytes);
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = ({ code }: NodeJS.ErrnoException) => reject(notListening(host, port, code));
      this.#server.once('error', failed);
      this.#server.listen({ host, port, exclusive: true }, () => {
        this.#server.off('error', failed);
        const { idle } = this.#options.limits;
        if (idle > 0) this.#probing = setInterval(() => this.#probe(), idle / 2);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  stopListening(): void {
    this.#shared.isClosing = true;
    this.#server.close();
  }

  close(): void {
    this.stopListening();
    clearInterval(this.#probing);
    for (const socket of this.#sockets) socket.terminate();
    this.#server.closeAllConnections();
  }

  #probe(): void {
    for (const socket of this.#sockets) socket.probe();
  }

  #upgrade(message: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Until `ws` has taken it over, nobody else hears of a connection that breaks.
    stream.on('error', () => stream.destroy());
    const request = new NodeRequest(message, null);
    if (request.header('upgrade').toLowerCase() !== 'websocket') {
      // That it could be answered as it is, `node:http` does not let be known once anything can be upgraded.
      refuse(stream, { status: 400, body: 'there is no upgrade here but to WebSocket' });
      return;
    }
    const answer = this.#options.upgrade(request);
    if ('refusal' in answer) {
      refuse(stream, answer.refusal);
      return;
    }
    if (answer.protocol !== undefined) this.#protocols.set(message, answer.protocol);
    this.#webSockets.handleUpgrade(message, stream, head, native => {
      const socket = new NodeSocket(native, stream, request.peer, this.#options.limits.backlog);
      this.#sockets.add(socket);
      native.on('close', () => this.#sockets.delete(socket));
      socket.listen(answer.open(socket));
    });
  }
}
