import type { RequestHead } from '../transport.ts';

/** Begins the WebSocket subprotocol that carries a key, in base64url: a browser's WebSocket takes no headers. */
const subprotocol = 'key.';

/** The key that a request brings, wherever clients put it; undefined if it brings none. */
export function presentedKey(head: RequestHead): string | undefined {
  const bearer = /^bearer +(\S+) *$/i.exec(head.header('authorization'))?.[1];
  if (bearer !== undefined) return bearer;
  const header = head.header('x-api-key').trim();
  if (header !== '') return header;
  const offered = head.header('sec-websocket-protocol').split(',');
  const carrier = offered.map(offer => offer.trim()).find(offer => offer.startsWith(subprotocol));
  if (carrier === undefined) return undefined;
  return Buffer.from(carrier.slice(subprotocol.length), 'base64url').toString('utf8');
}
