/** Changes of a deployment while the simulation runs, and who decides on them. */
import type { SimulatedGroup } from './deployment.ts';

/** A change of a pool's size. */
export interface Scaling {
  /** Milliseconds. */
  time: number;
  group: number;
  pool: number;
  /** Replicas more, ready at that time, or fewer: idle ones at once, busy ones when their batch is over. */
  change: number;
}

/**
 * Other groups take the place of those there are, as the engine does it: a group of the same stages goes on, and so do
 * its replicas where they do for a pool (`suits.ts`); all others are ready at that time, and what is replaced ends its
 * batches. What waits is routed anew, the oldest first.
 */
export interface Replacement {
  /** Milliseconds. */
  time: number;
  /** Each stage in one of them, with pools as `deploy` orders them. */
  groups: readonly SimulatedGroup[];
}

export type Change = Scaling | Replacement;

/**
 * Changes the deployment while the simulation runs, by what it sees. It is asked after all else that happens at one
 * instant.
 */
export interface Controller {
  /** Most replicas it lets a pool have. */
  readonly most: number;
  /** When it is to be asked next, in milliseconds. */
  readonly next: number;
  /** A query came. */
  arrived(now: number): void;
  /** A query was answered before its deadline. @param items that it had run, by number of the stage; reused */
  answered(now: number, items: ArrayLike<number>): void;
  /**
   * A batch passed a stage.
   * @param stage by number
   * @param hardware name of the type
   * @param took milliseconds, with all that made the batch longer: a crowded host, or a rest before it
   */
  ran(now: number, stage: number, hardware: string, items: number, took: number): void;
  /** Asks it. Returns changes from now on, in order of time. */
  look(now: number): readonly Change[];
}
