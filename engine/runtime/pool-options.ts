/** What a pool of replicas is made with. */
import type { Device } from '../../operators/index.ts';
import type { PoolLimits } from '../../planner/index.ts';
import type { Clock } from './clock.ts';
import type { ReplicaStage } from './message.ts';
import type { ReplicaFactory } from './replica.ts';
import type { WarmUp } from './warm-up.ts';

export interface PoolSetup extends PoolLimits {
  /** Name of the hardware type. */
  hardware: string;
  device: Device;
  threads: number;
  replicas: number;
}

export interface PoolEvents {
  /** A replica is ready for work. */
  ready(): void;
  /** A replacement would not start. */
  startFailed(error: unknown): void;
  /** An idle replica ended; another takes its place. */
  lost(reason: unknown): void;
  /** A replica has more memory than it may; another takes its place. */
  worn(bytes: number): void;
}

export interface PoolOptions {
  setup: PoolSetup;
  stages: readonly ReplicaStage[];
  isolation: 'thread' | 'process';
  /** Bytes that a replica may have. */
  memory: number;
  clock: Clock;
  factory: ReplicaFactory;
  events: PoolEvents;
  /** Milliseconds that a batch of so many items takes, where a profile says so. */
  profiled?: ((items: number) => number | undefined) | undefined;
  /** What a new replica runs before it takes work. */
  warmUp: WarmUp;
}
