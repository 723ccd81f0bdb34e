/** WebSockets as browsers have them; on Node versions that have none, those of `ws`. */
import { errorTable, MillraceError, type ErrorCode } from '../../operators/browser.ts';

export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { message?: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

/** The class of WebSockets that there is here. @throws MillraceError `unavailable` if there is none */
export async function findWebSocket(): Promise<WebSocketClass> {
  const { WebSocket: own } = globalThis as { WebSocket?: WebSocketClass };
  if (own) return own;
  try {
    return (await import('ws')).WebSocket as unknown as WebSocketClass;
  } catch (cause) {
    throw new MillraceError('unavailable', 'there are no WebSockets here; install the package "ws"', {
      cause,
    });
  }
}

const statuses = new Map<number, ErrorCode>(
  Object.entries(errorTable).map(([code, { http }]) => [http, code as ErrorCode]),
);

/** Why a WebSocket could not be opened; browsers don't say, `ws` names the HTTP status of a refusal. */
export function refusalOf(url: string, reason: unknown): MillraceError {
  const message = typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
  const status = Number(/Unexpected server response: (\d+)/.exec(message)?.[1]);
  return new MillraceError(statuses.get(status) ?? 'unavailable', `can't connect to ${url}${message}`);
}
