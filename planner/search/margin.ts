/**
 * What bounds leave to doubt. That work which comes sooner is over sooner, and that more replicas make nothing later,
 * is a theorem only for single items of one length that are served in order (by the recursion of Kiefer & Wolfowitz
 * 1955). With batches, draws and items that overtake each other it is true but for chance, which is given room: tests
 * hold bounds of random choices to it.
 */
import { allowedAbove } from '../percentile.ts';

/** No plan is ruled out that meets the objectives with this share of each limit to spare: what a proof claims. */
export const proofMargin = 0.02;

/**
 * What is worked out as it is may be so much later than the simulation has it, as a share of each limit: which batches
 * come about depends on trifles, such as what the main thread does first, which even out over many queries.
 */
export const asIsLeeway = (queries: number): number => 2 / Math.sqrt(queries);

/** By how much more queries than may miss an objective must do so; `deviations` are of a count of rare events. */
const more = { share: 0.05, queries: 2, deviations: 2 };

/** How many queries may miss an objective before a bound rules a choice out. */
export function mostMisses(percentile: number, queries: number): number {
  const allowed = allowedAbove(percentile, queries);
  return allowed * (1 + more.share) + more.queries + more.deviations * Math.sqrt(allowed);
}
