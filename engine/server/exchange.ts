/** What every protocol needs of an exchange and for its answer. */
import { errorTable, MillraceError } from '../../operators/index.ts';
import type { Exchange } from './router.ts';
import type { Caller, Protocol } from './service.ts';
import type { HttpReply, RequestHead } from './transport.ts';

export function callerOf({ request, requestId, client }: Exchange, protocol: Protocol): Caller {
  return { requestId, client, protocol, trace: request.header('traceparent') || undefined };
}

/** A reply of JSON that is written already. */
export function jsonReply(body: string | Uint8Array, status = 200): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** The media type of a body in small letters, without its parameters; empty if the request names none. */
export function mediaType(request: RequestHead): string {
  return request.header('content-type').split(';', 1)[0]!.trim().toLowerCase();
}

export function unsupported(type: string, taken: string): MillraceError {
  return new MillraceError('unsupported-type', `content type "${type}" is not taken here; send ${taken}`);
}

/** An error as a client may see it: its code and the first line of its message. */
export function publicMessage({ code, message }: MillraceError): string {
  return `${code}: ${message.split('\n', 1)[0]}`;
}

/** An error as most protocols tell it: `{"error": "CODE: MESSAGE"}`. */
export function refuseAsJson(error: MillraceError): HttpReply {
  return jsonReply(JSON.stringify({ error: publicMessage(error) }), errorTable[error.code].http);
}
