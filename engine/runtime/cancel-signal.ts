/**
 * What cancels a query. An `AbortSignal` is one; but making a controller and listening to its signal costs as much as
 * all else that a small query needs on the server's thread, so that a caller of many may bring something lighter.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Listens for the one time that it aborts. */
  addEventListener(type: 'abort', listener: () => void, options: { once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
