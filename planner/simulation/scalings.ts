/** Changes of pools that are yet to come, in order of time; at one instant in the order they were asked for. */
import type { Controller, Scaling, SimulatedDeployment } from './deployment.ts';

export class Scalings {
  readonly #due: Scaling[];

  /** @param due in order of time */
  constructor(due: readonly Scaling[]) {
    this.#due = [...due];
  }

  /** When the next is due; Infinity if there is none. */
  get next(): number {
    return this.#due.length > 0 ? this.#due[0]!.time : Infinity;
  }

  take(): Scaling {
    return this.#due.shift()!;
  }

  add(scalings: readonly Scaling[]): void {
    if (scalings.length === 0) return;
    this.#due.push(...scalings);
    this.#due.sort((a, b) => a.time - b.time);
  }
}

/** Replicas each pool may ever have, by group; with a controller, twice what it lets them have: as many may be leaving. */
export function mostReplicas(
  groups: SimulatedDeployment['groups'],
  scalings: readonly Scaling[],
  controller: Controller | null,
): number[][] {
  return groups.map(({ pools }, g) =>
    pools.map(({ replicas }, p) => {
      const added = scalings.filter(({ group, pool, change }) => group === g && pool === p && change > 0);
      const most = controller ? 2 * Math.max(controller.most, replicas) : 0;
      return added.reduce((sum, { change }) => sum + change, Math.max(replicas, most));
    }),
  );
}
