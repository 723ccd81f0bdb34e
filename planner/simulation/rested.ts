import type { RestedPool } from './deployment.ts';

/** How much longer a batch takes on a replica that has waited so long. */
export function longerAfter(rested: readonly RestedPool[], wait: number): number {
  let rest = 0;
  let more = 0;
  for (let at = 0; at < rested.length; at++) {
    const next = rested[at]!;
    if (wait < next.rest) return more + ((wait - rest) / (next.rest - rest)) * (next.more - more);
    ({ rest, more } = next);
  }
  return more;
}
