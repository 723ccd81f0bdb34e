/** Everything in the server that could grow, and where it stops; each is an option of `serve`. */
import type { TransportLimits } from './transport.ts';

export interface ServerLimits extends TransportLimits {
  /** Requests that are not answered yet and open WebSockets, together; one more is refused `overloaded`. */
  connections: number;
  /** Queries in flight on one WebSocket; one more is `overloaded`. */
  window: number;
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
  batch: 1000,
};
