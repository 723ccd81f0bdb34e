/**
 * Everything in the server that could grow, and where it stops; each is an option of `serve`. The rules:
 *
 * - What arrives too fast is refused at once, never kept waiting: a request or WebSocket too many, a query too many in a
 *   window, a query over the limits of its engine, a body for which there is no room (`overloaded`, 429, with
 *   `Retry-After`), a body or frame that is too large (`too-large`, 413, 1009).
 * - What leaves too slowly is kept up to a limit: of HTTP replies, all together have `bodies`, and one that does not fit
 *   is replaced by `overloaded`; who takes nothing of a reply for 10 s is dropped. A WebSocket has `backlog`, and is
 *   dropped with the first frame beyond.
 */
import type { TransportLimits } from './transport.ts';

export interface ServerLimits extends TransportLimits {
  /** Requests that are not answered yet and open WebSockets, together; one more is refused `overloaded`. */
  connections: number;
  /** Queries in flight on one WebSocket; one more is `overloaded`. */
  window: number;
  /**
   * Bytes that may wait for the client of one WebSocket to read before it may ask no more: new queries are
   * `overloaded`, and partial results are left out.
   */
  unread: number;
  /** The same for all WebSockets together: beyond it, those that have anything unread may ask no more. */
  unreadInAll: number;
  /** Queries of one request, stacked along a leading axis; more is `too-large`. */
  batch: number;
}

const MiB = 1024 ** 2;

export const defaultServerLimits: ServerLimits = {
  message: 64 * MiB,
  decompressed: 64 * MiB,
  bodies: 512 * MiB,
  connections: 10_000,
  idle: 120_000,
  backlog: 16 * MiB,
  window: 64,
  unread: MiB,
  unreadInAll: 256 * MiB,
  batch: 1000,
};
