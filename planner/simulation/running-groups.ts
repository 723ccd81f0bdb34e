/** The groups that a simulation runs, and which of them does what. */
import type { SimulatedGroup } from './deployment.ts';
import type { Shared } from './host.ts';
import type { GroupCounts, PoolCounts } from './outcome.ts';
import { RunningGroup } from './simulated-group.ts';
import type { Surroundings } from './surroundings.ts';

export class RunningGroups {
  readonly #groups: readonly RunningGroup[];
  /** The group of each stage, and of each replica. */
  readonly #groupOf: readonly RunningGroup[];
  readonly #owners: readonly RunningGroup[];

  /**
   * @param most replicas that each pool may ever have
   * @param hosts by number, after what is on no host
   */
  constructor(
    groups: readonly SimulatedGroup[],
    most: readonly (readonly number[])[],
    hosts: readonly Shared[],
    around: Surroundings,
  ) {
    const owners: RunningGroup[] = [];
    this.#groups = groups.map((group, g) => {
      const its = group.pools.map(({ host }) => hosts[host + 1]!);
      const running = new RunningGroup(group, most[g]!, owners.length, its, around);
      for (let replica = 0; replica < running.replicas; replica++) owners.push(running);
      return running;
    });
    this.#owners = owners;
    this.#groupOf = around.structure.stages.map(
      ({ index }) => this.#groups[groups.findIndex(({ stages }) => stages.includes(index))]!,
    );
    // One more, for the main thread.
    for (const host of hosts) host.reserve(owners.length + 1);
  }

  get counts(): GroupCounts[] {
    return this.#groups.map(({ counts }) => counts);
  }

  /** By group. */
  get poolCounts(): (readonly PoolCounts[])[] {
    return this.#groups.map(({ poolCounts }) => poolCounts);
  }

  of(stage: number): RunningGroup {
    return this.#groupOf[stage]!;
  }

  at(group: number): RunningGroup {
    return this.#groups[group]!;
  }

  /** The group of a replica. */
  owner(replica: number): RunningGroup {
    return this.#owners[replica]!;
  }

  /** When a group is to be asked again though nothing changed; Infinity: none is. */
  get wake(): number {
    let wake = Infinity;
    for (let g = 0; g < this.#groups.length; g++) {
      if (this.#groups[g]!.wake < wake) wake = this.#groups[g]!.wake;
    }
    return wake;
  }

  /** Starts every batch that the rule allows now. */
  dispatch(now: number): void {
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g]!;
      if (group.changed || group.wake <= now) group.dispatch(now);
    }
  }
}
