/** What the server needs of a web server. What stands in `transport/` alone knows which one it is. */

import type { CancelSignal } from '../runtime/cancel-signal.ts';

/** What is known of a request before its body. */
export interface RequestHead {
  /** In capitals. */
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Address of the client. */
  readonly peer: string;
  /** Value of a header, by its name in small letters; empty if there is none. */
  header(name: string): string;
}

export interface HttpRequest extends RequestHead {
  /** Aborted as soon as the client has gone away. */
  readonly signal: CancelSignal;
  /**
   * The whole body. It is the caller's to keep.
   * @throws MillraceError `too-large` beyond the limit, `cancelled` if the client goes away
   */
  body(): Promise<Uint8Array>;
}

export interface HttpReply {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Ends the connection after this reply. */
  close?: boolean;
  /** Several pieces are sent one after the other. */
  body?: string | Uint8Array | readonly Uint8Array[];
}

/** It neither throws nor rejects. To `HEAD` it replies as to `GET`: the body stays behind. */
export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** An open WebSocket. */
export interface Socket {
  readonly peer: string;
  /** Bytes that wait for the client to read. */
  readonly buffered: number;
  /** Sends a frame: text if it is a string. Does nothing once the socket is closed. */
  send(frame: string | Uint8Array): void;
  /** Sends frames, in as few writes as can be. */
  sendAll(frames: readonly (string | Uint8Array)[]): void;
  /** Closes once what was sent before is out. @param reason at most 123 bytes */
  close(code: number, reason: string): void;
  /** Drops the connection with all that waits. */
  terminate(): void;
}

/** What becomes of an open WebSocket. */
export interface SocketListener {
  /** `frame` is valid during the call only; text if it is a string. */
  message(frame: string | Uint8Array): void;
  /** The client has read some of what waited. */
  drained(): void;
  /** Nothing can be sent any more. Comes once. */
  closed(code: number): void;
}

/** Whether a client may open a WebSocket: with its listener, or the refusal. */
export type Upgrade = { open(socket: Socket): SocketListener; protocol?: string } | { refusal: HttpReply };

export interface TransportLimits {
  /** Bytes of a body or a frame; a larger one is refused with 413, or closed with 1009. */
  message: number;
  /** Bytes after decompression, of a body that came compressed. */
  decompressed: number;
  /**
   * Bytes of HTTP bodies on their way in or out, of all connections together. Beyond it the body of a request is refused
   * `overloaded`; the server sends a reply only if `Transport.hasRoom`.
   */
  bodies: number;
  /** Milliseconds after which a WebSocket is closed on which nothing came, not even a pong. 0: never. */
  idle: number;
  /** Bytes that may wait for a client to read on one WebSocket; with the frame after that the connection is dropped. */
  backlog: number;
}

/** Paths of PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
}

export interface TransportOptions {
  limits: TransportLimits;
  tls?: TlsFiles;
  http: HttpHandler;
  upgrade(request: RequestHead): Upgrade;
}

export interface Transport {
  /** Which implementation answers, for people. */
  readonly implementation: string;
  /** Connections in use: requests that are not answered yet, and open WebSockets. */
  readonly connections: number;
  /** Whether a reply with a body of so many bytes may be sent within the limits. */
  hasRoom(bytes: number): boolean;
  /** Opens the port. @param port 0: any that is free @returns the port @throws MillraceError `unavailable` if it can't be had */
  listen(host: string, port: number): Promise<number>;
  /** Takes no more connections. Those that are in use stay, and end with their next reply. */
  stopListening(): void;
  /** Closes everything at once. */
  close(): void;
}
