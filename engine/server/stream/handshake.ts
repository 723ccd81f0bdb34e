/** What a client asks for when it opens a stream. */
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../../operators/index.ts';
import type { Repository } from '../repository.ts';
import type { Service } from '../service.ts';
import type { RequestHead } from '../transport.ts';

/** The one subprotocol there is. */
export const subprotocol = 'millrace.v1';
/** How a subprotocol begins that is no subprotocol but a key: browsers can't set headers. */
const keyPrefix = 'key.';

const path = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/stream$/;

export interface Handshake {
  service: Service;
  /** Whether answers go in the order of their queries. */
  ordered: boolean;
  /** Name of the client's key; its address where no keys are asked for. */
  client: string;
  requestId: string;
  /** `traceparent` as it came. */
  trace: string | undefined;
  /** Whether the client named the subprotocol, and so is to be told of it. */
  named: boolean;
}

/** Who may ask what: gives the client's name. @throws MillraceError `unauthenticated` */
export type Authorise = (head: RequestHead, pipeline: string) => string;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new MillraceError('invalid-input', `the path has a part that can't be decoded: ${segment}`);
  }
}

/** @throws MillraceError `invalid-input` if the client speaks other protocols alone */
function namesSubprotocol(head: RequestHead): boolean {
  const named = head.header('sec-websocket-protocol').split(',');
  const protocols = named.map(name => name.trim()).filter(name => name !== '');
  if (protocols.includes(subprotocol)) return true;
  if (protocols.length === 0) return false;
  const others = protocols.filter(name => !name.startsWith(keyPrefix));
  const which = others.length > 0 ? `not ${others.map(name => `"${name}"`).join(', ')}` : 'beside a key';
  throw new MillraceError('invalid-input', `the subprotocol here is "${subprotocol}", ${which}`);
}

/** @throws MillraceError `invalid-input` if it is neither */
function readOrdered(query: string): boolean {
  const value = new URLSearchParams(query).get('ordered') ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new MillraceError('invalid-input', `"ordered" is true or false, not "${value}"`);
}

/**
 * @throws MillraceError why no stream can be opened: `not-found`, `invalid-input`, `unavailable`, or what `authorise`
 *   throws
 */
export function readHandshake(head: RequestHead, repository: Repository, authorise: Authorise): Handshake {
  const [, model, version] = path.exec(head.path) ?? [];
  if (model === undefined) throw new MillraceError('not-found', `there is no stream at ${head.path}`);
  const name = decoded(model);
  const client = authorise(head, name);
  const service = repository.find(name, version === undefined ? undefined : decoded(version));
  const handshake = {
    service,
    ordered: readOrdered(head.query),
    client,
    requestId: head.header('x-request-id') || randomUUID(),
    trace: head.header('traceparent') || undefined,
    named: namesSubprotocol(head),
  };
  if (service.state === 'READY') return handshake;
  throw new MillraceError('unavailable', `pipeline "${name}" is not ready: ${service.reason}`);
}
