/**
 * The web server on uWebSockets.js. It fixes its own HTTP time-outs: a connection is dropped on which for 10 s no request
 * came, no 160 kB of a body, or nothing of a reply was taken; while a request is being answered there is none. A head of
 * over 4 kB is refused. A request that comes while another of the same connection is being answered ends the connection,
 * so that answers can't be mixed up: clients that send ahead do so over several connections.
 */
import type { Transport, TransportOptions } from '../transport.ts';
import { ByteBudget } from './byte-budget.ts';
import { freePort, whyNot } from './listening.ts';
import { UwsExchange, type UwsShared } from './uws-exchange.ts';
import { UwsSocket, type UwsSocketData } from './uws-socket.ts';
import type { Uws, UwsApp, UwsListenSocket } from './uws.ts';

/** To find a free port. */
const attempts = 5;

export class UwsTransport implements Transport {
  readonly implementation = 'uWebSockets.js';
  readonly #uws: Uws;
  readonly #app: UwsApp;
  readonly #shared: UwsShared;
  #sockets = 0;
  #listening: UwsListenSocket | null = null;

  constructor(uws: Uws, { limits, tls, http, upgrade }: TransportOptions) {
    this.#uws = uws;
    this.#shared = { limits, budget: new ByteBudget(limits.bodies), isClosing: false, requests: 0 };
    // Leaves out the header that names it.
    uws['_cfg']('silent');
    this.#app = tls ? uws.SSLApp({ cert_file_name: tls.cert, key_file_name: tls.key }) : uws.App();
    this.#app.any('/*', (response, native) => new UwsExchange(response, native, this.#shared).run(http));
    this.#app.ws<UwsSocketData>('/*', {
      // It drops what is larger without a word: so it takes twice as much, and the code can be told.
      maxPayloadLength: 2 * limits.message,
      maxBackpressure: limits.backlog,
      closeOnBackpressureLimit: 1,
      idleTimeout: Math.round(limits.idle / 1000),
      upgrade: (response, native, context) => {
        const exchange = new UwsExchange(response, native, this.#shared);
        const answer = upgrade(exchange.request);
        if ('refusal' in answer) return exchange.refuse(answer.refusal);
        const data: UwsSocketData = { open: answer.open, socket: null };
        const key = native.getHeader('sec-websocket-key');
        response.upgrade(data, key, answer.protocol ?? '', '', context);
      },
      open: native => {
        const data = native.getUserData();
        this.#sockets++;
        data.socket = new UwsSocket(native);
        data.socket.opened(data.open);
      },
      message: (native, message, isBinary) => {
        const socket = native.getUserData().socket!;
        if (message.byteLength > limits.message) socket.close(1009, `the limit is ${limits.message} bytes`);
        else socket.message(isBinary ? new Uint8Array(message) : Buffer.from(message).toString());
      },
      drain: native => native.getUserData().socket?.drained(),
      close: (native, code) => {
        this.#sockets--;
        native.getUserData().socket?.closed(code);
      },
    });
  }

  get connections(): number {
    return this.#shared.requests + this.#sockets;
  }

  hasRoom(bytes: number): boolean {
    return this.#shared.budget.has(bytes);
  }

  async listen(host: string, port: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Only a port that was named can be opened again at once after a server that was killed.
        return await this.#open(host, port === 0 ? await freePort(host) : port);
      } catch (error) {
        // Somebody else may have taken the free one meanwhile.
        if (port !== 0 || attempt === attempts) throw error;
      }
    }
  }

  async #open(host: string, port: number): Promise<number> {
    const uws = this.#uws;
    const socket = await new Promise<UwsListenSocket | false>(resolve => {
      this.#app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve);
    });
    if (!socket) throw await whyNot(host, port);
    this.#listening = socket;
    return uws.us_socket_local_port(socket);
  }

  stopListening(): void {
    this.#shared.isClosing = true;
    if (this.#listening) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  close(): void {
    this.stopListening();
    this.#app.close();
  }
}
