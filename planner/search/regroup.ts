/** Other ways to group stages that are grouped already: neighbours join, a group is split. */
import type { System } from '../system.ts';
import { ancestorsOf, canShare, namesOf } from './fusion.ts';
import { searchGroup, type SearchGroup } from './option.ts';

/** Some groups replaced by others of the same stages. */
export interface Regrouped {
  /** Places of the groups that are replaced. */
  places: readonly number[];
  groups: readonly SearchGroup[];
}

/** Sets of groups that may join which are listed at most. */
const mostUnions = 48;

export class Regrouping {
  readonly #system: System;
  readonly #ancestors: readonly Set<number>[];
  readonly #known = new Map<string, SearchGroup | null>();

  /** @param alone the groups of one stage each */
  constructor(system: System, alone: readonly SearchGroup[]) {
    this.#system = system;
    this.#ancestors = ancestorsOf(system.structure);
    for (const group of alone) this.#known.set(String([...group.indices]), group);
  }

  /** Every set of groups that may join, those of few first. */
  unions(groups: readonly SearchGroup[]): Regrouped[] {
    const found: { places: number[]; group: SearchGroup }[] = [];
    const seen = new Set<string>();
    const add = (places: number[]) => {
      const sorted = places.toSorted((a, b) => a - b);
      if (found.length === mostUnions || seen.has(String(sorted))) return;
      seen.add(String(sorted));
      const group = this.#groupOf(sorted.flatMap(place => [...groups[place]!.indices]));
      if (group) found.push({ places: sorted, group });
    };
    const all = [...groups.keys()];
    for (const a of all) for (const b of all.slice(a + 1)) add([a, b]);
    for (let at = 0; at < found.length; at++)
      for (const other of all) if (!found[at]!.places.includes(other)) add([...found[at]!.places, other]);
    return found.map(({ places, group }) => ({ places, groups: [group] }));
  }

  /** Every way to cut a group in two, in the order of its stages, or to leave one stage alone. */
  splits(groups: readonly SearchGroup[]): Regrouped[] {
    return groups.flatMap(({ indices }, place) => {
      const stages = [...indices];
      const parts = stages.flatMap((_, at) => [
        ...(at > 0 ? [[stages.slice(0, at), stages.slice(at)]] : []),
        ...(at > 0 && at < stages.length - 1 ? [[[stages[at]!], stages.toSpliced(at, 1)]] : []),
      ]);
      return parts.flatMap(both => {
        const halves = both.map(part => this.#groupOf(part));
        return halves.every(half => half !== null) ? [{ places: [place], groups: halves }] : [];
      });
    });
  }

  #groupOf(stages: readonly number[]): SearchGroup | null {
    const sorted = stages.toSorted((a, b) => a - b);
    const key = String(sorted);
    let group = this.#known.get(key);
    if (group === undefined) {
      const { structure } = this.#system;
      const joined = canShare(structure, this.#ancestors, sorted)
        ? searchGroup(this.#system, namesOf(structure, sorted))
        : null;
      group = joined && joined.kinds.length > 0 ? joined : null;
      this.#known.set(key, group);
    }
    return group;
  }
}
