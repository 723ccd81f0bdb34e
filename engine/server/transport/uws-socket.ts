import type { Socket, SocketListener } from '../transport.ts';
import { remoteAddress } from './address.ts';
import type { UwsWebSocket } from './uws.ts';

type Native = UwsWebSocket<UwsSocketData>;

/** What uWebSockets.js keeps for a WebSocket. */
export interface UwsSocketData {
  open(socket: Socket): SocketListener;
  /** There from the opening on. */
  socket: UwsSocket | null;
}

/**
 * What it says of a frame that is beyond the limit of what may wait. It then waits for the client to stop sending before it
 * ends the connection, which one that never reads may never do.
 */
const dropped = 2;

/** A WebSocket of uWebSockets.js, which must not be touched once it is closed. */
export class UwsSocket implements Socket {
  readonly peer: string;
  #native: Native | null;
  #listener: SocketListener | null = null;
  /** Code it was closed with before it had a listener. */
  #early: number | null = null;

  constructor(native: Native) {
    this.#native = native;
    this.peer = remoteAddress(native);
  }

  get buffered(): number {
    return this.#native?.getBufferedAmount() ?? 0;
  }

  send(frame: string | Uint8Array): void {
    if (this.#write(frame) === dropped) this.terminate();
  }

  sendAll(frames: readonly (string | Uint8Array)[]): void {
    let isFull = false;
    this.#native?.cork(() => {
      isFull = frames.some(frame => this.#write(frame) === dropped);
    });
    if (isFull) this.terminate();
  }

  close(code: number, reason: string): void {
    this.#native?.end(code, reason);
  }

  terminate(): void {
    this.#native?.close();
  }

  #write(frame: string | Uint8Array): number | undefined {
    return this.#native?.send(frame, typeof frame !== 'string');
  }

  opened(open: UwsSocketData['open']): void {
    this.#listener = open(this);
    if (this.#early !== null) this.#listener.closed(this.#early);
  }

  message(frame: string | Uint8Array): void {
    this.#listener?.message(frame);
  }

  drained(): void {
    this.#listener?.drained();
  }

  closed(code: number): void {
    this.#native = null;
    if (this.#listener) this.#listener.closed(code);
    else this.#early = code;
  }
}
