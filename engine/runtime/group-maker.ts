/** Makes the groups and pools of a deployment. */
import type { Forecast } from '../../planner/index.ts';
import type { Clock } from './clock.ts';
import type { Deployment } from './deployment.ts';
import { Group, type GroupEvents } from './group.ts';
import type { Layout, StageLayout } from './layout.ts';
import type { Limits } from './limits.ts';
import { Pool } from './pool.ts';
import type { PoolEvents, PoolSetup } from './pool-options.ts';
import type { Router } from './program.ts';
import type { ReplicaFactory } from './replica.ts';
import { WarmUp } from './warm-up.ts';

type Spec = Deployment[number];

export interface GroupMakerOptions {
  layout: Layout;
  limits: Limits;
  clock: Clock;
  replicas: ReplicaFactory;
  forecast: Forecast | null;
  /** Milliseconds after which what waits rises by one priority. */
  ageing: number | undefined;
  /** For these stages, in topological order. */
  router(stages: readonly number[]): Router;
  events(spec: Spec): GroupEvents;
  poolEvents(spec: Spec): PoolEvents;
}

export class GroupMaker {
  readonly #options: GroupMakerOptions;
  /** By the stages that are warmed up together. */
  readonly #warmUps = new Map<string, WarmUp>();

  constructor(options: GroupMakerOptions) {
    this.#options = options;
  }

  /** A pool that is not started. */
  pool(spec: Spec, setup: PoolSetup): Pool {
    const { limits, clock, replicas, forecast, poolEvents } = this.#options;
    const stages = this.#membersOf(spec).map(({ stage }) => stage);
    const names = stages.map(({ name }) => name);
    return new Pool({
      setup,
      stages,
      isolation: stages.some(({ isolation }) => isolation === 'process') ? 'process' : 'thread',
      memory: limits.replicaMemory,
      clock,
      factory: replicas,
      profiled: items => forecast?.timeOf(names, setup.hardware, items),
      warmUp: this.#warmUpOf(spec),
      events: poolEvents(spec),
    });
  }

  group(spec: Spec, pools: readonly Pool[]): Group {
    const { clock, ageing, router, events } = this.#options;
    const members = this.#membersOf(spec);
    const stages = members.map(({ index }) => index);
    return new Group({
      name: spec.name,
      stages,
      pools,
      router: router(stages),
      pure: members.every(({ stage }) => stage.pure),
      clock,
      ageing,
      warmUp: this.#warmUpOf(spec),
      events: events(spec),
    });
  }

  #membersOf({ stages }: Spec): StageLayout[] {
    return this.#options.layout.stages.filter(({ stage }) => stages.includes(stage.name));
  }

  #warmUpOf(spec: Spec): WarmUp {
    const members = this.#membersOf(spec);
    const key = members.map(({ index }) => index).join();
    const known = this.#warmUps.get(key) ?? new WarmUp(members.every(({ stage }) => stage.pure));
    this.#warmUps.set(key, known);
    return known;
  }
}
