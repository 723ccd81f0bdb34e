/** The groups that a simulation runs: which of them does what, and how others take their place. */
import type { Change, Controller } from './control.ts';
import { isSame, mostReplicas } from './changes.ts';
import type { SimulatedGroup } from './deployment.ts';
import type { Shared } from './host.ts';
import { leastRemaining, nothingRemains } from './least-remaining.ts';
import type { GroupCounts, PoolCounts } from './outcome.ts';
import { RunningGroup } from './simulated-group.ts';
import type { Surroundings } from './surroundings.ts';

export interface RunningGroupsOptions {
  /** By number, after what is on no host. */
  hosts: readonly Shared[];
  /** Changes that are known from the start. */
  changes: readonly Change[];
  controller: Controller | null;
}

export class RunningGroups {
  /** Of each group there was, in the order they came. */
  readonly counts: GroupCounts[] = [];
  readonly poolCounts: (readonly PoolCounts[])[] = [];
  readonly #around: Surroundings;
  readonly #options: RunningGroupsOptions;
  #groups: readonly RunningGroup[] = [];
  /** Groups that were replaced, as long as a batch of theirs is under way. */
  #replaced: readonly RunningGroup[] = [];
  /** The group of each stage, and of each replica. */
  #groupOf: readonly RunningGroup[] = [];
  readonly #owners: RunningGroup[] = [];

  constructor(groups: readonly SimulatedGroup[], around: Surroundings, options: RunningGroupsOptions) {
    this.#around = around;
    this.#options = options;
    this.#use(groups, [], 0);
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

  /** Runs other groups from now on; see `Replacement`. */
  replace(groups: readonly SimulatedGroup[], now: number): void {
    const before = this.#groups;
    const kept = groups.map(({ stages }) => before.find(group => isSame(group.stages, stages)) ?? null);
    // As in the engine, what pools gain takes work first.
    for (const [g, group] of kept.entries()) group?.growTo(groups[g]!, now);
    this.dispatch(now);
    const waiting = before.flatMap(group => group.takeAll(now));
    this.#replaced = [...this.#replaced, ...before];
    this.#use(groups, kept, now);
    const { width, stageOf } = this.#around.structure;
    for (const { work, came } of waiting.sort((a, b) => a.came - b.came))
      this.of(stageOf[work % width]!).requeue(work, came, now);
    this.#forget();
  }

  /** @param kept by group: the one whose place it takes with its replicas; null or absent: none */
  #use(groups: readonly SimulatedGroup[], kept: readonly (RunningGroup | null)[], now: number): void {
    const { hosts, changes, controller } = this.#options;
    const { structure } = this.#around;
    this.#groups = groups.map((group, g) => {
      const its = group.pools.map(({ host }) => hosts[host + 1]!);
      const before = kept[g];
      const most = mostReplicas(group, g, changes, controller).map(
        (count, pool) => count + (before?.staying(group.pools[pool]!.hardware) ?? 0),
      );
      const running = new RunningGroup(group, most, this.#owners.length, its, this.#around);
      if (before) running.takeOver(before);
      running.resize(now);
      for (let replica = 0; replica < running.replicas; replica++) this.#owners.push(running);
      this.counts.push(running.counts);
      this.poolCounts.push(running.poolCounts);
      return running;
    });
    this.#groupOf = structure.stages.map(({ index }) =>
      this.#groups.find(({ stages }) => stages.includes(index))!,
    );
    this.#around.remaining =
      this.#around.deadline < Infinity ? leastRemaining(structure, groups) : nothingRemains;
    const batches = [...this.#replaced, ...this.#groups].reduce((sum, { replicas }) => sum + replicas, 0);
    // One more, for the main thread.
    for (const host of hosts) host.reserve(batches + 1);
  }

  /** Lets go of the groups that were replaced, once their last batch is over. */
  #forget(): void {
    for (const { isOver, first, replicas } of this.#replaced)
      if (isOver) this.#owners.fill(this.#groups[0]!, first, first + replicas);
    this.#replaced = this.#replaced.filter(({ isOver }) => !isOver);
  }
}
