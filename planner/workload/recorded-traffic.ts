/** What a recording says of traffic. */
import type { Recording } from './recording.ts';

/** When its queries arrived, whatever became of them: milliseconds since its start, ascending. */
export function arrivalsOf({ queries }: Recording): Float64Array {
  return Float64Array.from(queries, ({ arrival }) => arrival);
}

/**
 * Items of each query at each stage, in the order of the arrivals. Of a query that failed nobody knows how many it
 * would have had: it counts as the one answered before it, or as the first. Null if none was answered.
 */
export function countsOf({ queries, stages }: Recording): Map<string, number[]> | null {
  const first = queries.find(({ outcome }) => outcome === 'ok');
  if (!first) return null;
  const counts = new Map(stages.map(stage => [stage, [] as number[]]));
  let like = first;
  for (const query of queries) {
    if (query.outcome === 'ok') like = query;
    for (const [stage, of] of counts) {
      let items = 0;
      for (const work of like.work) if (work.stage === stage) items += work.items;
      of.push(items);
    }
  }
  return counts;
}
