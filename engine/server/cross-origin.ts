/** What browsers ask before a page of another origin may read a reply, or send what a form could not (Fetch, CORS). */
import { MillraceError } from '../../operators/index.ts';
import type { Access } from './access.ts';
import type { HttpReply, RequestHead } from './transport.ts';

type Headers = Readonly<Record<string, string>>;

const none: Headers = {};
/** Headers of ours that a page may read beside the usual. */
const exposed = 'x-request-id, inference-header-content-length, retry-after';

/** Whether the page that asks came from where it asks. */
function isSame(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * What a reply says to the browser that asks for a page of another origin; nothing to everyone else. A request that a
 * browser sends unasked must not be run either: a form of any page could otherwise use the server.
 * @throws MillraceError `unauthenticated` if pages of that origin may not ask, or the host is not the server
 */
export function crossOriginHeaders(request: RequestHead, access: Access): Headers {
  const [origin, host] = [request.header('origin'), request.header('host')];
  if (!access.allowsHost(host)) {
    const why = `this server is not "${host}"; if it is meant, --allow-origin with its name lets it be`;
    throw new MillraceError('unauthenticated', why);
  }
  if (origin === '' || isSame(origin, host)) return none;
  if (!access.allowsOrigin(origin)) {
    const why = `pages of ${origin} may not ask this server; --allow-origin ${origin} lets them`;
    throw new MillraceError('unauthenticated', why);
  }
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed, vary: 'origin' };
}

/** Answers `OPTIONS`. @param methods that the path takes */
export function preflight(request: RequestHead, methods: readonly string[], headers: Headers): HttpReply {
  const allow = [...methods, 'OPTIONS'].join(', ');
  const asked = request.header('access-control-request-headers');
  const answer = {
    ...headers,
    'access-control-allow-methods': allow,
    ...(asked !== '' && { 'access-control-allow-headers': asked }),
    'access-control-max-age': '600',
  };
  return { status: 204, headers: headers === none ? { allow } : { allow, ...answer } };
}
