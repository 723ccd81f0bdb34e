/** What both web servers need to write a reply. */
import { STATUS_CODES } from 'node:http';
import type { HttpReply } from '../transport.ts';

const encoder = new TextEncoder();

/** Replies that are smaller are handed to the web server at once, and don't count as on their way. */
export const smallBytes = 16 * 1024;

const lines = new Map<number, string>();

/** `200 OK` */
export function statusLine(status: number): string {
  let line = lines.get(status);
  if (line === undefined) {
    line = `${status} ${STATUS_CODES[status] ?? 'Client Closed Request'}`;
    lines.set(status, line);
  }
  return line;
}

function isPieces(body: HttpReply['body']): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

/** A reply's body in one piece; a short text as it is. */
export function bodyOf({ body = '' }: HttpReply): string | Uint8Array {
  if (typeof body === 'string') return body.length * 3 < smallBytes ? body : encoder.encode(body);
  return isPieces(body) ? Buffer.concat(body) : body;
}

/** Bytes of a reply's body. */
export function lengthOf(body: HttpReply['body'] = ''): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return isPieces(body) ? body.reduce((sum, piece) => sum + piece.byteLength, 0) : body.byteLength;
}
