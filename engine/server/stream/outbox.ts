/** Frames on their way to one client, and how many bytes it has not read. */
import type { Socket } from '../transport.ts';
import type { Hub, Sender } from './hub.ts';
import { sizeOfFrame, type Frame } from './replies.ts';

const nothing: Frame[] = [];

export class Outbox implements Sender {
  readonly #hub: Hub;
  readonly #socket: Socket;
  #frames = nothing;
  /** Bytes of frames that are kept elsewhere until it is their turn. */
  #held = 0;
  /** Bytes that counted as unread when last looked. */
  #unread = 0;

  constructor(hub: Hub, socket: Socket) {
    this.#hub = hub;
    this.#socket = socket;
  }

  send(frame: Frame): void {
    if (this.#frames === nothing) {
      this.#frames = [];
      this.#hub.flushLater(this);
    }
    this.#frames.push(frame);
  }

  flush(): void {
    const frames = this.#frames;
    if (frames === nothing) return;
    this.#frames = nothing;
    if (frames.length === 1) this.#socket.send(frames[0]!);
    else this.#socket.sendAll(frames);
    this.look();
  }

  hold(frame: Frame): void {
    this.#held += sizeOfFrame(frame);
    this.look();
  }

  release(frame: Frame): void {
    this.#held -= sizeOfFrame(frame);
  }

  /** Whether the client is to read before it is sent more than it must be. */
  get isFull(): boolean {
    if (this.#unread === 0) return false;
    this.look();
    const { limits, unread } = this.#hub;
    return this.#unread > limits.unread || (this.#unread > 0 && unread > limits.unreadInAll);
  }

  /** Counts what is unread now. */
  look(): void {
    this.#count(this.#socket.buffered + this.#held);
  }

  /** Drops all: nothing can be sent any more. */
  drop(): void {
    this.#frames = nothing;
    this.#held = 0;
    this.#count(0);
  }

  #count(unread: number): void {
    this.#hub.unread += unread - this.#unread;
    this.#unread = unread;
  }
}
