import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Socket, SocketListener } from '../transport.ts';

/** A WebSocket of `ws`. */
export class NodeSocket implements Socket {
  readonly peer: string;
  readonly #native: WebSocket;
  readonly #stream: Duplex;
  readonly #backlog: number;
  /** Whether anything came since this was last asked. */
  #isAlive = true;

  /**
   * @param stream what it runs on
   * @param backlog bytes that may wait for the client
   */
  constructor(native: WebSocket, stream: Duplex, peer: string, backlog: number) {
    this.peer = peer;
    this.#native = native;
    this.#stream = stream;
    this.#backlog = backlog;
  }

  get buffered(): number {
    return this.#native.bufferedAmount;
  }

  send(frame: string | Uint8Array): void {
    if (this.#native.readyState !== this.#native.OPEN) return;
    if (this.#native.bufferedAmount > this.#backlog) this.terminate();
    // It is told of what goes wrong by the closing.
    else this.#native.send(frame, { binary: typeof frame !== 'string' }, () => {});
  }

  sendAll(frames: readonly (string | Uint8Array)[]): void {
    this.#stream.cork();
    for (const frame of frames) this.send(frame);
    this.#stream.uncork();
  }

  close(code: number, reason: string): void {
    this.#native.close(code, reason);
  }

  terminate(): void {
    this.#native.terminate();
  }

  listen(listener: SocketListener): void {
    const alive = () => {
      this.#isAlive = true;
    };
    this.#stream.on('drain', () => listener.drained());
    this.#native.on('message', (data: Buffer, isBinary: boolean) => {
      alive();
      if (this.#native.readyState === this.#native.OPEN) listener.message(isBinary ? data : data.toString());
    });
    this.#native.on('ping', alive);
    this.#native.on('pong', alive);
    this.#native.on('close', (code: number) => listener.closed(code));
    // Mistakes of the client: `ws` closes with the code for it.
    this.#native.on('error', () => {});
  }

  /** Asks the client for a sign of life; ends the connection if none came since this was last called. */
  probe(): void {
    if (!this.#isAlive) this.terminate();
    else if (this.#native.readyState === this.#native.OPEN) this.#native.ping();
    this.#isAlive = false;
  }
}
