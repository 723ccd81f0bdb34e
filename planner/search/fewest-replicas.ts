import type { Objective } from '../../pipelines/index.ts';
import type { Sample } from '../workload/workload.ts';
import type { Kind, SearchGroup } from './option.ts';

/**
 * Fewest replicas of a kind that can do a group's work in time at all.
 *
 * All but the allowed share of a sample's queries are over by their limit after the last arrival, so the work of those
 * fits into that span on all replicas.
 */
export function fewestReplicas(
  group: SearchGroup,
  kind: Pick<Kind, 'work'>,
  samples: readonly Sample[],
  slo: readonly Objective[],
): number {
  return Math.max(1, Math.ceil(busyReplicas(group, kind, samples, slo)));
}

/** The same, as the number of replicas of a kind that the work keeps busy all the time: not whole. */
export function busyReplicas(
  { visits }: SearchGroup,
  { work }: Pick<Kind, 'work'>,
  samples: readonly Sample[],
  slo: readonly Objective[],
): number {
  const limits = slo.map(({ percentile, limit }) =>
    Math.max(
      ...samples.map(({ arrivals }) => {
        const span = arrivals.at(-1)! - arrivals[0]! + limit;
        // Draws of a sample differ from their mean: a twentieth is more than they do over thousands of queries.
        return (0.95 * (percentile / 100) * arrivals.length * visits * work) / span;
      }),
    ),
  );
  return Math.max(...limits);
}
