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
    // Beyond the limit of what may wait it drops the frame and, as it is told to, the connection.
    this.#native?.send(frame, typeof frame !== 'string');
  }

  sendAll(frames: readonly (string | Uint8Array)[]): void {
    this.#native?.cork(() => {
      for (const frame of frames) this.send(frame);
    });
  }

  close(code: number, reason: string): void {
    this.#native?.end(code, reason);
  }

  terminate(): void {
    this.#native?.close();
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
