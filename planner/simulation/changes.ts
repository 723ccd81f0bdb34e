/** Changes of a deployment that are yet to come, in order of time; at one instant in the order they were asked for. */
import type { Change, Controller } from './control.ts';
import type { SimulatedGroup } from './deployment.ts';

export class Changes {
  readonly #due: Change[];

  /** @param due in order of time */
  constructor(due: readonly Change[]) {
    this.#due = [...due];
  }

  /** When the next is due; Infinity if there is none. */
  get next(): number {
    return this.#due.length > 0 ? this.#due[0]!.time : Infinity;
  }

  take(): Change {
    return this.#due.shift()!;
  }

  add(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#due.push(...changes);
    this.#due.sort((a, b) => a.time - b.time);
  }
}

/**
 * Replicas that each pool of a group may ever have; with a controller, twice what it lets them have: as many may be
 * leaving.
 * @param place number of the group
 * @param known changes that are known from the start
 */
export function mostReplicas(
  group: SimulatedGroup,
  place: number,
  known: readonly Change[],
  controller: Controller | null,
): number[] {
  return group.pools.map(({ replicas, hardware }, pool) => {
    const most = controller ? 2 * Math.max(controller.most, replicas) : replicas;
    return known.reduce((sum, change) => {
      if (!('groups' in change))
        return change.group === place && change.pool === pool ? sum + Math.max(0, change.change) : sum;
      const heir = change.groups.find(({ stages }) => isSame(stages, group.stages));
      return sum + (heir?.pools.find(other => other.hardware === hardware)?.replicas ?? 0);
    }, most);
  });
}

/** Whether groups have the same stages. */
export function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((stage, place) => stage === b[place]);
}
