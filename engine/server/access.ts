/** Who may ask for what. */
import type { Route } from './router.ts';
import type { RequestHead } from './transport.ts';

export interface Access {
  /**
   * Whether a request may be answered.
   * @param pipeline the one it is about, if it is about one
   * @returns the name of the client's key; its address where no keys are asked for
   * @throws MillraceError `unauthenticated` if not, `overloaded` if the client had its share
   */
  check(request: RequestHead, access: Route['access'], pipeline: string | undefined): string;
  /** Whether a page of this origin may ask, beside those that the server itself sends. */
  allowsOrigin(origin: string): boolean;
}

/** Everyone who reaches the server may do everything; pages of others may nothing. */
export const openAccess: Access = {
  check: ({ peer }) => peer,
  allowsOrigin: () => false,
};
