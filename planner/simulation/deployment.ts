/** A plan's groups as the simulation runs them. */
import type { PoolLimits } from '../batching.ts';
import type { Collections, Stalls } from '../profile/profile.ts';

/** Service times of one stage on one hardware type: `ServiceDistribution`, or any other sampler. */
export interface ServiceTimes {
  /** Milliseconds of a batch, for a uniform number in [0, 1). */
  draw(batch: number, uniform: number): number;
  /** Mean of what is drawn. */
  mean(batch: number): number;
  /** The least that is ever drawn; 0 if not known. */
  least?(batch: number): number;
}

/** A batch takes so much longer once its replica has waited so long, in milliseconds; linear between and from 0. */
export interface RestedPool {
  rest: number;
  more: number;
}

/** Replicas of a group on one hardware type. */
export interface SimulatedPool extends PoolLimits {
  /** Name of the hardware type. */
  hardware: string;
  replicas: number;
  /** Service times of each stage of the group. */
  times: readonly ServiceTimes[];
  /** The same while all other cores of its host are busy, never shorter; no different unless given. */
  crowded?: readonly ServiceTimes[] | undefined;
  /** Milliseconds a batch costs its replica beside its stages. */
  wake: number;
  /** How much longer a batch takes after its replica has waited; none unless given. */
  rested?: readonly RestedPool[];
  /** Processor threads a busy replica takes of its host. */
  threads: number;
  /** The host it shares; -1: none. */
  host: number;
}

export interface SimulatedGroup {
  /** Stages by number, in topological order. */
  stages: Int32Array;
  /** Fastest first. */
  pools: readonly SimulatedPool[];
}

/** The engine's main thread, in milliseconds per query, per batch and per item of a batch. */
export interface SimulatedEngine {
  query: number;
  hop: number;
  item?: number;
  /** What holds it up now and then; nothing unless given. */
  stalls?: Stalls | undefined;
  collections?: Collections | undefined;
  /** The host whose cores it shares with replicas; none unless given. */
  host?: number;
}

/** What replicas share: so many cores, or a device on which they take turns. */
export type SimulatedHost = number | 'device';

export interface SimulatedDeployment {
  groups: readonly SimulatedGroup[];
  hosts: readonly SimulatedHost[];
  engine: SimulatedEngine;
}

/** Batches of one thread that a host runs at a time without slowing any. */
export function coresOf(host: SimulatedHost): number {
  return host === 'device' ? 1 : host;
}

/** Mean service time of a batch of one, summed over a group's stages: what makes a pool fast. */
export function speedOf({ times, wake }: Pick<SimulatedPool, 'times' | 'wake'>): number {
  return times.reduce((sum, of) => sum + of.mean(1), wake);
}
