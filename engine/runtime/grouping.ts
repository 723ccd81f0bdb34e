/** Which stages share a replica when no plan says so. */
import type { BoundPipeline, BoundStage, Reference } from '../../pipelines/index.ts';

/** Names of the stages a stage reads from. */
function sourcesOf(stage: BoundStage): string[] {
  const references: Reference[] = [
    ...Object.values(stage.inputs).flat(),
    ...Object.values(stage.each ?? {}).flat(),
    ...(stage.when?.references ?? []),
  ];
  return references.flatMap(reference => (reference.kind === 'port' ? [reference.stage] : []));
}

function isJoinable({ when, state, each, isolation }: BoundStage): boolean {
  const waitsForItems = each !== null && Object.keys(state).length > 0;
  return when === null && !waitsForItems && isolation === 'thread';
}

/**
 * Groups stages so that a light one shares its neighbour's replica and saves the hop between threads.
 *
 * The rule: in topological order, a stage joins the group of a stage it reads from if both run at the same scope (once
 * per query, or per item), the group then holds at most one heavy stage, and nothing the stage reads comes from the
 * group by way of another. A stage with `when` stays alone, and so does one whose state goes from item to item: whether
 * and when it runs is decided outside. So does one that is isolated in a process: what it may do to its process is to
 * hit no other.
 *
 * @param apart heavy stages share no replica, so that a device they run on does not wait for light ones
 * @returns names of stages, group by group
 */
export function groupStages(pipeline: BoundPipeline, apart = false): string[][] {
  const groups: BoundStage[][] = [];
  const groupOf = new Map<string, BoundStage[]>();
  /** Everything a stage depends on. */
  const ancestors = new Map<string, Set<string>>();
  for (const stage of pipeline.stages) {
    const sources = sourcesOf(stage);
    ancestors.set(stage.name, new Set(sources.flatMap(source => [source, ...ancestors.get(source)!])));
    const joinable = (group: BoundStage[]) => {
      const members = new Set(group.map(({ name }) => name));
      const detours = sources.filter(source => !members.has(source));
      const heavy = [...group, stage].filter(({ cost }) => cost === 'heavy').length;
      return (
        (group[0]!.each === null) === (stage.each === null) &&
        heavy <= (apart ? 0 : 1) &&
        [...group, stage].every(isJoinable) &&
        !detours.some(source => [...ancestors.get(source)!].some(ancestor => members.has(ancestor)))
      );
    };
    const group = sources.map(source => groupOf.get(source)!).find(joinable);
    if (group) group.push(stage);
    else groups.push([stage]);
    groupOf.set(stage.name, group ?? groups.at(-1)!);
  }
  return groups.map(group => group.map(({ name }) => name));
}
