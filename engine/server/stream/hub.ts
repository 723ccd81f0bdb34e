/** What all streams of a server share: limits, the bytes that wait for clients to read, and the moment of sending. */
import type { ServerLimits } from '../limits.ts';

export type StreamLimits = Pick<ServerLimits, 'window' | 'unread' | 'unreadInAll' | 'message' | 'batch'>;

/** Something that has frames to send. */
export interface Sender {
  flush(): void;
}

export class Hub {
  readonly limits: StreamLimits;
  /** Bytes that wait for clients to read, on all streams together. */
  unread = 0;
  #waiting: Sender[] = [];
  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const sender of waiting) sender.flush();
  };

  constructor(limits: StreamLimits) {
    this.limits = limits;
  }

  /**
   * Lets a sender flush soon. Answers come in batches, and a write costs as much as all else that an answer needs: so
   * what comes in one turn of the event loop is sent at its end, together.
   */
  flushLater(sender: Sender): void {
    if (this.#waiting.push(sender) === 1) setImmediate(this.#flush);
  }
}
