/**
 * How long to wait before the next attempt: exponential with full jitter, so that clients that lost the same server do
 * not all come back at once (Brooker, "Exponential Backoff and Jitter", 2015).
 */
export interface Backoff {
  /** Milliseconds that the first wait may take at most; each one after it twice that. */
  first: number;
  /** Milliseconds that no wait exceeds. */
  most: number;
  /** Attempts in a row before it is given up. */
  attempts: number;
}

/** About 70 s in all: a server that is started again has to load its models. */
export const defaultBackoff: Backoff = { first: 100, most: 10_000, attempts: 20 };

/** @param attempt from 0 @param random from 0 to 1 */
export function delayOf({ first, most }: Backoff, attempt: number, random: number): number {
  return random * Math.min(most, first * 2 ** attempt);
}
