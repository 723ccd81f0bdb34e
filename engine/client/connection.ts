/** One connection to a server, from its hello to its end. */
import type { MillraceError } from '../../operators/browser.ts';
import { askFrame, cancelFrame, readIncoming, type Hello, type Incoming } from './messages.ts';
import type { Query } from './query.ts';
import { findWebSocket, refusalOf, type WebSocketLike } from './socket.ts';

export interface ConnectionListener {
  /** There is room for one more query, or the connection takes no more. */
  changed(connection: Connection): void;
  /** The server answered a query with an error. */
  failed(connection: Connection, query: Query, error: MillraceError): void;
  /** It is over: these were not answered. */
  lost(connection: Connection, queries: readonly Query[]): void;
}

/** Code of our own for a server that says what can't be understood. */
const notUnderstood = 4002;

export class Connection {
  readonly hello: Hello;
  readonly #socket: WebSocketLike;
  readonly #listener: ConnectionListener;
  readonly #asked = new Map<string, Query>();
  readonly #ids = new Map<Query, string>();
  #lastId = 0;
  #leaving = false;

  private constructor(socket: WebSocketLike, hello: Hello, listener: ConnectionListener) {
    this.#socket = socket;
    this.hello = hello;
    this.#listener = listener;
  }

  /**
   * Opens a connection and waits for the server's hello.
   * @param patience milliseconds that this may take
   * @throws MillraceError `unavailable`; where WebSockets tell of it, why the server refused
   */
  static async open(
    url: string,
    protocols: string[],
    patience: number,
    listener: ConnectionListener,
  ): Promise<Connection> {
    const WebSocket = await findWebSocket();
    const socket = new WebSocket(url, protocols);
    socket.binaryType = 'arraybuffer';
    return new Promise((resolve, reject) => {
      let connection: Connection | null = null;
      const fail = (reason: unknown) => {
        clearTimeout(timer);
        reject(refusalOf(url, reason));
      };
      const timer = setTimeout(() => {
        fail(`no hello within ${patience} ms`);
        socket.close();
      }, patience);
      socket.addEventListener('message', ({ data }) => {
        const incoming = understood(data);
        if (!incoming) socket.close(notUnderstood);
        else if (connection) connection.#receive(incoming);
        else if (incoming.kind === 'hello') {
          clearTimeout(timer);
          connection = new Connection(socket, incoming.hello, listener);
          resolve(connection);
        }
      });
      socket.addEventListener('error', ({ message }) => fail(message));
      socket.addEventListener('close', ({ reason }) => {
        if (connection) connection.#end();
        else fail(reason);
      });
    });
  }

  /** Whether it takes queries, now or later: not once the server said goodbye, or either side closed it. */
  get isOpen(): boolean {
    return !this.#leaving;
  }

  get hasRoom(): boolean {
    return !this.#leaving && this.#asked.size < this.hello.window;
  }

  /** @throws MillraceError if its inputs can't be written; it is not asked then */
  ask(query: Query): void {
    this.#lastId++;
    const id = this.#lastId.toString(36);
    const frame = askFrame(id, query);
    this.#asked.set(id, query);
    this.#ids.set(query, id);
    this.#socket.send(frame);
  }

  /** Tells the server that nobody waits for a query; false if it is none of this connection's. */
  cancel(query: Query): boolean {
    const id = this.#ids.get(query);
    if (id === undefined) return false;
    this.#socket.send(cancelFrame(id));
    return true;
  }

  /** Takes no more queries, and closes once those in flight are answered. */
  leave(): void {
    this.#leaving = true;
    if (this.#asked.size === 0) this.#socket.close(1000);
  }

  close(): void {
    this.#leaving = true;
    this.#socket.close(1000);
  }

  #receive(incoming: Incoming): void {
    switch (incoming.kind) {
      case 'goaway':
        this.leave();
        this.#listener.changed(this);
        break;
      case 'partial': {
        const query = this.#asked.get(incoming.id);
        if (query && !query.settled) query.options.partial?.(incoming.result);
        break;
      }
      case 'answer':
        this.#take(incoming.id)?.resolve(incoming.answer);
        this.#goOn();
        break;
      case 'error': {
        const query = this.#take(incoming.id);
        if (query) this.#listener.failed(this, query, incoming.error);
        this.#goOn();
      }
    }
  }

  #take(id: string): Query | undefined {
    const query = this.#asked.get(id);
    if (!query) return undefined;
    this.#asked.delete(id);
    this.#ids.delete(query);
    return query;
  }

  #goOn(): void {
    if (this.#leaving && this.#asked.size === 0) this.#socket.close(1000);
    this.#listener.changed(this);
  }

  #end(): void {
    this.#leaving = true;
    const left = [...this.#asked.values()];
    this.#asked.clear();
    this.#ids.clear();
    this.#listener.lost(this, left);
  }
}

function understood(data: unknown): Incoming | null {
  try {
    return readIncoming(data);
  } catch {
    return null;
  }
}
