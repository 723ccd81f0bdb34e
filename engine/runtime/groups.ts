/** The groups that an engine runs: which of them does what, and how one set of them takes the place of another. */
import { remainingTimes, type Forecast, type Remaining } from '../../planner/index.ts';
import { certainStages } from './certain.ts';
import { checkDeployment, type Deployment } from './deployment.ts';
import type { Group } from './group.ts';
import type { GroupMaker } from './group-maker.ts';
import type { Layout } from './layout.ts';
import type { Pool } from './pool.ts';
import type { PoolSetup } from './pool-options.ts';

/** How a group of another deployment is reached. */
interface Change {
  spec: Deployment[number];
  /** The group that goes on, if it has the same stages. */
  kept: Group | null;
  pools: readonly Pool[];
  started: readonly Pool[];
  /** Pools that go on with another setup, and how many replicas they had. */
  changed: readonly { pool: Pool; setup: PoolSetup; from: number }[];
}

export class Groups {
  readonly #layout: Layout;
  /** By stage: whether every query runs it. */
  readonly #certain: readonly boolean[];
  readonly #forecast: Forecast | null;
  readonly #make: GroupMaker;
  #deployment: Deployment;
  #groups: readonly Group[];
  /** The group of each stage. */
  #groupOf: readonly Group[] = [];
  #remaining: Remaining;
  /** Groups and pools that were replaced, as long as some of their replicas have not ended. */
  #retired: readonly (Group | Pool)[] = [];

  constructor(layout: Layout, deployment: Deployment, forecast: Forecast | null, make: GroupMaker) {
    this.#layout = layout;
    this.#certain = certainStages(layout);
    this.#forecast = forecast;
    this.#make = make;
    checkDeployment(deployment, layout.pipeline);
    this.#deployment = deployment;
    this.#groups = deployment.map(spec =>
      make.group(
        spec,
        spec.pools.map(setup => make.pool(spec, setup)),
      ),
    );
    this.#remaining = this.#route(deployment, this.#groups);
  }

  get deployment(): Deployment {
    return this.#deployment;
  }

  get all(): readonly Group[] {
    return this.#groups;
  }

  get remaining(): Remaining {
    return this.#remaining;
  }

  /** The group of these stages; undefined if another deployment has taken its place. */
  find(spec: Deployment[number]): Group | undefined {
    const indices = this.#indicesOf(spec).join();
    return this.#groups.find(({ stages }) => stages.join() === indices);
  }

  of(stage: number): Group {
    return this.#groupOf[stage]!;
  }

  /** Starts every replica. @throws what the first that would not start threw */
  async start(): Promise<void> {
    const pools = this.#groups.flatMap(group => group.pools);
    await startAll(pools.map(pool => ({ pool, start: () => pool.start() })));
  }

  /** @throws MillraceError `unavailable` if a group that every query passes takes none */
  refuse(): void {
    for (const { health, stages } of this.#groups) {
      const { trouble } = health;
      if (trouble && stages.some(stage => this.#certain[stage])) throw trouble;
    }
  }

  /** Starts every batch that can be started now. */
  dispatch(): void {
    for (const group of this.#groups) group.dispatch();
  }

  /**
   * Runs another deployment from now on. What is new is started and warmed up first, while all goes on as before; then,
   * at one moment, what waits is routed anew. What is replaced ends its batches and goes.
   * @throws what the first replica that would not start threw, or MillraceError `invalid-pipeline` if the deployment is
   *   not one of this pipeline; it is what it was then
   */
  async apply(deployment: Deployment): Promise<void> {
    checkDeployment(deployment, this.#layout.pipeline);
    const changes = deployment.map(spec => this.#change(spec));
    const grown: { pool: Pool; by: number }[] = [];
    const grow = async (pool: Pool, by: number) => {
      await pool.grow(by);
      grown.push({ pool, by });
    };
    try {
      const made = changes.flatMap(({ started }) => started);
      const changed = changes.flatMap(change => change.changed);
      await startAll([
        ...made.map(pool => ({ pool, start: () => pool.start() })),
        ...changed
          .map(({ pool, setup, from }) => ({ pool, by: setup.replicas - from }))
          .filter(({ by }) => by > 0)
          .map(({ pool, by }) => ({ pool, start: () => grow(pool, by) })),
      ]);
    } catch (error) {
      for (const { pool, by } of grown) pool.shrink(by);
      await Promise.all(changes.flatMap(({ started }) => started.map(pool => pool.close(0))));
      throw error;
    }
    this.#switch(deployment, changes);
  }

  /** @param limit milliseconds for batches under way */
  async close(limit: number): Promise<void> {
    await Promise.all([...this.#groups, ...this.#retired].map(each => each.close(limit)));
  }

  #change(spec: Deployment[number]): Change {
    const kept = this.find(spec) ?? null;
    const free = [...(kept?.pools ?? [])];
    const started: Pool[] = [];
    const changed: { pool: Pool; setup: PoolSetup; from: number }[] = [];
    const pools = spec.pools.map(setup => {
      const at = free.findIndex(pool => pool.suits(setup));
      if (at < 0) {
        const pool = this.#make.pool(spec, setup);
        started.push(pool);
        return pool;
      }
      const [pool] = free.splice(at, 1);
      changed.push({ pool: pool!, setup, from: pool!.setup.replicas });
      return pool!;
    });
    return { spec, kept, pools, started, changed };
  }

  #switch(deployment: Deployment, changes: readonly Change[]): void {
    const before = this.#groups;
    const retired = this.#retired.filter(({ isGone }) => !isGone);
    // Whose batches are over has a timer for their time limits left.
    for (const each of this.#retired) if (each.isGone) void each.close(0);
    const retire = (each: Group | Pool) => {
      each.retire();
      retired.push(each);
    };
    const groups = changes.map(({ spec, kept, pools, changed }) => {
      for (const { pool, setup, from } of changed) {
        if (setup.replicas < from) pool.shrink(from - setup.replicas);
        pool.change(setup);
      }
      if (!kept) return this.#make.group(spec, pools);
      for (const pool of kept.pools) if (!pools.includes(pool)) retire(pool);
      kept.use(pools);
      return kept;
    });
    this.#deployment = deployment;
    this.#groups = groups;
    this.#remaining = this.#route(deployment, groups);
    const replaced = before.filter(group => !groups.includes(group));
    const waiting = replaced.flatMap(group => group.takeAll());
    // First come, first served, also where what waited in several groups waits in one from now on.
    for (const item of waiting.sort((a, b) => a.queued - b.queued)) this.of(item.stage).enqueue(item);
    replaced.forEach(retire);
    this.#retired = retired;
    this.dispatch();
  }

  #route(deployment: Deployment, groups: readonly Group[]): Remaining {
    this.#groupOf = this.#layout.stages.map(({ index }) =>
      groups.find(({ stages }) => stages.includes(index))!,
    );
    const remaining = this.#remainingOf(deployment);
    for (const group of groups) group.expect(remaining);
    return remaining;
  }

  #remainingOf(deployment: Deployment): Remaining {
    const forecast = this.#forecast;
    const { stages } = this.#layout;
    const groupOf = stages.map(({ stage }) =>
      deployment.findIndex(group => group.stages.includes(stage.name)),
    );
    const least = stages.map(({ stage: { name } }, index) => {
      if (forecast?.isCertain(name) !== true) return 0;
      const { pools } = deployment[groupOf[index]!]!;
      return Math.min(...pools.map(({ hardware }) => forecast.leastOf(name, hardware)));
    });
    return remainingTimes(stages, groupOf, least);
  }

  #indicesOf({ stages }: Deployment[number]): number[] {
    return this.#layout.stages.filter(({ stage }) => stages.includes(stage.name)).map(({ index }) => index);
  }
}

/** Starts replicas side by side; but on devices other than the processor one by one, since some crash otherwise. */
async function startAll(starts: readonly { pool: Pool; start: () => Promise<void> }[]): Promise<void> {
  const onProcessor = ({ pool }: (typeof starts)[number]) => pool.setup.device === 'cpu';
  for (const { start } of starts.filter(each => !onProcessor(each))) await start();
  const started = await Promise.allSettled(starts.filter(onProcessor).map(({ start }) => start()));
  const failed = started.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}
