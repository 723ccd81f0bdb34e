/**
 * What bounds leave to doubt. That work which comes sooner is over sooner, and that more replicas make nothing later,
 * is a theorem for single items of one length that are served in order (Kiefer & Wolfowitz 1955). It is none for
 * batches: later work can form fuller ones, and whose drawn time a batch takes depends on who comes first.
 */
import { allowedAbove } from '../percentile.ts';

/**
 * No plan is ruled out that meets the objectives with this share of each limit to spare: what a proof claims, and what
 * tests hold bounds to.
 */
export const proofMargin = 0.05;

/** Where so many more queries miss an objective than may, that is no matter of the order in which queries came. */
const more = { share: 0.05, queries: 2, deviations: 4 };

/** How many queries may miss an objective before a bound rules a choice out. */
export function mostMisses(percentile: number, queries: number): number {
  const allowed = allowedAbove(percentile, queries);
  return allowed * (1 + more.share) + more.queries + more.deviations * Math.sqrt(allowed);
}
