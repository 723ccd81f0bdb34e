/** Who may ask for what. */
import type { MillraceError } from '../../operators/index.ts';
import type { Route } from './router.ts';
import type { RequestHead } from './transport.ts';

export interface Access {
  /**
   * Whether a request may be answered, before its body is read.
   * @param pipeline the one it is about, if it is about one
   * @returns the name of the client's key; its address where no keys are asked for
   * @throws MillraceError `unauthenticated` if not
   */
  check(request: RequestHead, access: Route['access'], pipeline?: string): string;
  /** Whether a page of this origin may ask, beside those that the server itself sends. */
  allowsOrigin(origin: string): boolean;
  /** Whether a request for this host is meant for the server. @param host as in the header: with its port */
  allowsHost(host: string): boolean;
  /** Headers that go with a refusal, in whichever shape its body is. @param client as `check` named it */
  refusalHeaders(error: MillraceError, client: string): Readonly<Record<string, string>>;
}
