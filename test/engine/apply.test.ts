import { describe, expect, it } from 'vitest';
import { localReplicas, type Deployment, type Engine, type ReplicaFactory } from '../../engine/index.ts';
import type { ReplicaSpec } from '../../engine/runtime/message.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { deploymentOf, isAtRest, pipelineOf, startVirtual, textsOf } from '../support/virtual-engine.ts';

const twoStages = () =>
  pipelineOf(
    `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms, 4: 16 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 10 ms, 4: 16 ms } } }`,
    '{ out: b.out }',
  );

/** Replicas in this thread; their specs, and how many of those to come won't start. */
class Replicas implements ReplicaFactory {
  readonly specs: ReplicaSpec[] = [];
  readonly #inner: ReplicaFactory;
  failures = 0;
  /** Batches that are lost with their replica. */
  losses = 0;
  /** Batches that never end. */
  hangs = 0;
  ended = 0;

  constructor(clock: VirtualClock) {
    this.#inner = localReplicas(clock);
  }

  async start(spec: ReplicaSpec) {
    if (this.failures > 0) {
      this.failures--;
      throw new Error('no room');
    }
    this.specs.push(spec);
    const replica = await this.#inner.start(spec);
    return {
      ...replica,
      run: async (batch: Parameters<typeof replica.run>[0]) => {
        if (this.hangs > 0) {
          this.hangs--;
          return new Promise<never>(() => undefined);
        }
        if (this.losses > 0) {
          this.losses--;
          throw new Error('worker exited');
        }
        return replica.run(batch);
      },
      retire: async () => {
        this.ended++;
        await replica.retire();
      },
    };
  }

  /** Replicas that have not been ended. */
  get running(): number {
    return this.specs.length - this.ended;
  }
}

async function start(options: Parameters<typeof deploymentOf>[1] = {}) {
  const pipeline = await twoStages();
  const clock = new VirtualClock();
  const replicas = new Replicas(clock);
  const { batch, ...rest } = options;
  const { groups, ...pool } = rest;
  const made = { clock, replicas, ...(batch && { batch }), ...(groups && { groups }), pool };
  const { engine } = await startVirtual(pipeline, made);
  return { engine, clock, replicas, pipeline };
}

/** Queries every two milliseconds; what became of them. */
function load(engine: Engine, clock: VirtualClock, count: number): Promise<unknown[]> {
  const queries = Array.from(
    { length: count },
    (_, index) =>
      new Promise(resolve => {
        const ask = () => resolve(engine.infer({ text: `${index}` }).then(result => result.outputs['out']));
        clock.at(clock.now() + 2 * index, ask);
      }),
  );
  return Promise.all(queries.map(async query => textsOf((await query) as never)));
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe('a change of the deployment', () => {
  const changes: Record<string, Parameters<typeof deploymentOf>[1]> = {
    'that grows': { replicas: 3 },
    'that shrinks': { replicas: 1 },
    'of the batch': { replicas: 2, batch: 4 },
    'that fuses': { replicas: 2, groups: [['a', 'b']] },
    'of nothing': { replicas: 2 },
  };

  it.each(Object.entries(changes))('%s fails no query under load', async (_, to) => {
    const { engine, clock, replicas, pipeline } = await start({ replicas: 2 });
    const answers = load(engine, clock, 60);
    await clock.advanceTo(37);
    const deployment = deploymentOf(pipeline, to);
    const applied = engine.apply(deployment);
    expect(await clock.until(answers)).toEqual(numbered(60));
    await clock.until(applied);
    expect(engine.deployment).toBe(deployment);
    expect(isAtRest(engine)).toBe(true);
    const idle = engine.status().groups.map(({ name, pools }) => [name, pools[0]!.batch, pools[0]!.idle]);
    expect(idle).toEqual(deployment.map(({ name, pools: [pool] }) => [name, pool!.batch, pool!.replicas]));
    expect(replicas.running).toBe(deployment.reduce((sum, { pools }) => sum + pools[0]!.replicas, 0));
    await clock.until(engine.close());
    expect([replicas.running, clock.pending]).toEqual([0, 0]);
  });

  it('that splits a group goes on with what waits at its stages', async () => {
    const { engine, clock, pipeline } = await start({ groups: [['a', 'b']] });
    const answers = load(engine, clock, 20);
    await clock.advanceTo(25);
    const applied = engine.apply(deploymentOf(pipeline, { batch: 4 }));
    expect(await clock.until(answers)).toEqual(numbered(20));
    await clock.until(applied);
    expect(engine.status().groups.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('that fuses groups serves first what waited longest in any of them', async () => {
    const pipeline = await pipelineOf(
      `  a: { operator: emulate, inputs: { in: inputs.text }, params: { latency: { 1: 10 ms } } }
  b: { operator: emulate, inputs: { in: a.out }, params: { latency: { 1: 30 ms } } }`,
      '{ out: b.out }',
    );
    const { engine, clock } = await startVirtual(pipeline);
    const answered: string[] = [];
    for (const [index, at] of [0, 2, 4, 6, 25].entries())
      clock.at(
        at,
        () => void engine.infer({ text: 'x' }).then(() => answered.push(`${index} at ${clock.now()}`)),
      );
    await clock.advanceTo(35);
    await clock.until(engine.apply(deploymentOf(pipeline, { groups: [['a', 'b']] })));
    await clock.advanceTo(1000);
    // Queries 1 and 2 waited at b since 20 and 30, query 4 at a since 25.
    expect(answered).toEqual(['0 at 40', '1 at 65', '4 at 105', '2 at 135', '3 at 165']);
  });

  it('of the hardware starts the new before the old goes', async () => {
    const { engine, clock, replicas, pipeline } = await start();
    const answers = load(engine, clock, 20);
    await clock.advanceTo(25);
    const faster = deploymentOf(pipeline).map(group => ({
      ...group,
      pools: [{ ...group.pools[0]!, hardware: 'cpu-2', threads: 2 }],
    }));
    const applied = engine.apply(faster);
    expect(await clock.until(answers)).toEqual(numbered(20));
    await clock.until(applied);
    expect(replicas.specs.map(({ threads }) => threads)).toEqual([1, 1, 2, 2]);
    expect(replicas.running).toBe(2);
  });

  it('starts all that is new side by side', async () => {
    const pipeline = await twoStages();
    const clock = new VirtualClock();
    const inner = localReplicas(clock);
    const replicas: ReplicaFactory = {
      async start(spec) {
        await new Promise<void>(resolve => clock.at(clock.now() + 100, resolve));
        return inner.start(spec);
      },
    };
    const { engine } = await clock.until(startVirtual(pipeline, { clock, replicas }));
    const started = clock.now();
    const [a, b] = deploymentOf(pipeline, { replicas: 2 });
    const other = { ...b!.pools[0]!, hardware: 'cpu-2', threads: 2 };
    await clock.until(engine.apply([a!, { ...b!, pools: [...b!.pools, other] }]));
    expect(clock.now() - started).toBe(100);
    expect(engine.status().groups.map(({ pools }) => pools.map(({ idle }) => idle))).toEqual([[2], [2, 2]]);
  });

  it('comes after the one before it', async () => {
    const { engine, clock, replicas, pipeline } = await start();
    const deployments = [3, 1, 2].map(count => deploymentOf(pipeline, { replicas: count }));
    await clock.until(Promise.all(deployments.map(each => engine.apply(each))));
    expect(engine.deployment).toBe(deployments[2]);
    expect(engine.status().groups.map(({ pools }) => pools[0]!.idle)).toEqual([2, 2]);
    expect(replicas.running).toBe(4);
  });
});

describe('a change that can’t be', () => {
  it('for want of a replica leaves everything as it was', async () => {
    const { engine, clock, replicas, pipeline } = await start({ replicas: 2 });
    const before = engine.deployment;
    const status = engine.status();
    for (const to of [{ replicas: 5 }, { groups: [['a', 'b']], replicas: 3 }]) {
      replicas.failures = 1;
      await expect(clock.until(engine.apply(deploymentOf(pipeline, to)))).rejects.toThrow('no room');
      expect(engine.deployment).toBe(before);
      expect(engine.status()).toEqual(status);
      expect(replicas.running).toBe(4);
    }
    expect(await clock.until(load(engine, clock, 10))).toEqual(numbered(10));
  });

  it.each([
    [[['a']], 'no group has stage "b"'],
    [[['a', 'b'], ['b']], 'stage "b" is in two groups'],
    [[['a', 'b', 'c']], 'there is no stage "c"'],
  ])('for %j is refused before anything starts', async (groups, message) => {
    const { engine, clock, replicas, pipeline } = await start();
    const before = engine.deployment;
    const applied = engine.apply(deploymentOf(pipeline, { groups, replicas: 2 }));
    await expect(clock.until(applied)).rejects.toMatchObject({ code: 'invalid-pipeline', message });
    expect(engine.deployment).toBe(before);
    expect(replicas.specs.length).toBe(2);
    expect(await clock.until(load(engine, clock, 10))).toEqual(numbered(10));
  });

  it('for no replicas is refused', async () => {
    const { engine, clock, pipeline } = await start();
    const none: Deployment = deploymentOf(pipeline).map(group => ({ ...group, pools: [] }));
    for (const to of [none, deploymentOf(pipeline, { replicas: 0 })])
      await expect(clock.until(engine.apply(to))).rejects.toMatchObject({
        code: 'invalid-pipeline',
        message: 'group "a" has no replicas',
      });
  });

  it('after the engine was closed is refused', async () => {
    const { engine, clock, pipeline } = await start();
    await clock.until(engine.close());
    await expect(engine.apply(deploymentOf(pipeline))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('replicas while the deployment changes', () => {
  it('that are being replaced are counted', async () => {
    const { engine, clock, replicas, pipeline } = await start({ replicas: 2 });
    // Both replicas of `a` are lost, and their replacements don't start at first.
    replicas.losses = 2;
    replicas.failures = 2;
    const answers = load(engine, clock, 2);
    answers.catch(() => undefined);
    await clock.advanceTo(10);
    await clock.until(engine.apply(deploymentOf(pipeline, { replicas: 1 })));
    await clock.advanceTo(60_000);
    expect(engine.status().groups.map(({ pools }) => pools[0]!.idle)).toEqual([1, 1]);
    await clock.until(engine.close());
    expect([replicas.running, clock.pending]).toEqual([0, 0]);
  });

  it('that hang are given up after their time limit, whatever became of their pool and group', async () => {
    const { engine, clock, replicas, pipeline } = await start();
    replicas.hangs = 1;
    const stuck = engine.infer({ text: 'x' }).catch((error: unknown) => error);
    const other = deploymentOf(pipeline).map(group => ({
      ...group,
      pools: [{ ...group.pools[0]!, hardware: 'cpu-2', threads: 2 }],
    }));
    const fused = deploymentOf(pipeline, { groups: [['a', 'b']] });
    for (const deployment of [other, fused, other]) await clock.until(engine.apply(deployment));
    await clock.advanceTo(31_000);
    expect(await stuck).toMatchObject({ code: 'deadline-exceeded', stage: 'a' });
    expect(isAtRest(engine)).toBe(true);
  });

  it('of a group that is no more leave no timer behind', async () => {
    const { engine, clock, pipeline } = await start();
    const answers = load(engine, clock, 4);
    await clock.advanceTo(7);
    await clock.until(engine.apply(deploymentOf(pipeline, { groups: [['a', 'b']] })));
    await clock.until(answers);
    await clock.until(engine.close());
    expect(clock.pending).toBe(0);
  });
});
