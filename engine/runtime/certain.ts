/** Which stages every query runs, whatever is in it. */
import type { Layout, Source } from './layout.ts';

/** By stage: whether it always runs, at least once. */
export function certainStages({ stages }: Pick<Layout, 'stages'>): boolean[] {
  /** Whether a stage always has outputs; of one that runs per item these are lists, perhaps empty. */
  const gives: boolean[] = [];
  const comes = (source: Source): boolean =>
    source.kind === 'item' || source.stage < 0 || (gives[source.stage] ?? false);
  return stages.map(({ index, perItem, lists, inputs, when }) => {
    const isReached =
      lists.every(sources => sources.some(({ stage }) => stage < 0 || gives[stage])) &&
      inputs.every(({ sources }) => sources.some(comes));
    gives[index] = isReached && (perItem || when === null);
    return isReached && !perItem && when === null;
  });
}
