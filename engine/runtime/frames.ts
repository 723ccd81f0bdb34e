/**
 * Messages between processes, over a socket: a head of plain data, and a body of bytes that goes from memory to memory
 * without being put together first. On the wire: the length of the head (4 bytes) and of the body (8), both
 * little-endian, then the two.
 */
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

const prefixBytes = 12;
/** Beyond these, a length is one that was never sent. */
const most = { head: 2 ** 30, body: 2 ** 35 };

/** A message as it arrived. */
export interface Frame {
  head: unknown;
  /** What its bytes lie in, from its beginning on; null: there are none. */
  body: ArrayBufferLike | null;
}

export interface FrameEvents {
  /** Memory for a body. */
  allocate(bytes: number): ArrayBufferLike;
  received(frame: Frame): void;
}

export class FrameChannel {
  readonly #socket: Socket;
  readonly #events: FrameEvents;
  #step: 'prefix' | 'head' | 'body' = 'prefix';
  /** What is being read, and how much of it is there. */
  #target = new Uint8Array(prefixBytes);
  #filled = 0;
  #bodyBytes = 0;
  #frame: Frame = { head: null, body: null };

  private constructor(socket: Socket, events: FrameEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** Sends and receives over a socket. What can't be read destroys it. */
  static over(socket: Socket, events: FrameEvents): FrameChannel {
    const channel = new FrameChannel(socket, events);
    socket.on('data', (chunk: Uint8Array) => {
      try {
        channel.#take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    return channel;
  }

  /**
   * Sends a message. What the parts lie in must stay as it is until the other side has answered.
   * @param parts of the body, one after the other
   */
  send(head: unknown, parts: readonly Uint8Array[] = []): void {
    const packed = serialize(head);
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32LE(packed.byteLength, 0);
    prefix.writeBigUInt64LE(BigInt(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)), 4);
    this.#socket.cork();
    this.#socket.write(prefix);
    this.#socket.write(packed);
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#target.length - this.#filled);
      this.#target.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#target.length) this.#filledUp();
    }
  }

  #filledUp(): void {
    if (this.#step === 'prefix') {
      const prefix = Buffer.from(this.#target.buffer);
      const headBytes = prefix.readUInt32LE(0);
      this.#bodyBytes = Number(prefix.readBigUInt64LE(4));
      if (headBytes === 0 || headBytes > most.head || this.#bodyBytes > most.body)
        throw new RangeError('a message of an impossible length');
      this.#read('head', new Uint8Array(headBytes));
      return;
    }
    if (this.#step === 'head') {
      this.#frame = { head: deserialize(this.#target), body: null };
      if (this.#bodyBytes > 0) {
        this.#frame.body = this.#events.allocate(this.#bodyBytes);
        this.#read('body', new Uint8Array(this.#frame.body, 0, this.#bodyBytes));
        return;
      }
    }
    const frame = this.#frame;
    this.#frame = { head: null, body: null };
    this.#read('prefix', new Uint8Array(prefixBytes));
    this.#events.received(frame);
  }

  #read(step: 'prefix' | 'head' | 'body', target: Uint8Array<ArrayBufferLike>): void {
    this.#step = step;
    this.#target = target as Uint8Array<ArrayBuffer>;
    this.#filled = 0;
  }
}
