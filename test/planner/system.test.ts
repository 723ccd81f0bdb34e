/** What a system makes of what profiles say of replicas. */
import { describe, expect, it } from 'vitest';
import { parsePipeline, type Hardware } from '../../pipelines/index.ts';
import { deploy, makeSystem, type StageProfile } from '../../planner/index.ts';

const { pipeline } = parsePipeline(`millrace: pipeline/1
name: pair
inputs: { x: { datatype: BYTES, shape: [1] } }
stages:
  a: { operator: emulate, inputs: { in: inputs.x } }
  b: { operator: emulate, inputs: { in: a.out } }
outputs: { y: b.out }
`);

const stage = (mean: number, more: Partial<StageProfile>): StageProfile => ({
  scale: { mean: 1, samples: [] },
  batches: [{ batch: 1, mean, quantiles: [] }],
  ...more,
});

const here: Hardware = {
  types: { cpu: { device: 'cpu', threads: 1 } },
  limits: {},
  hosts: { here: { cores: 2, types: ['cpu'] } },
};

const systemOf = (a: Partial<StageProfile>, b: Partial<StageProfile>, hardware = here) =>
  makeSystem(
    pipeline!,
    [
      {
        pipeline: 'pair',
        hardware: 'cpu',
        host: {},
        engine: { query: 0.5, hop: 0.25, wake: 0.1 },
        stages: { a: stage(1, a), b: stage(3, b) },
      },
    ],
    hardware,
  );

const pools = [{ hardware: 'cpu', batch: 1, replicas: 1, maxWait: 0 }];
const fused = [{ name: 'a+b', stages: ['a', 'b'], pools }];

describe('a replica of several stages', () => {
  it('is handed its batches once, at what that costs most', () => {
    const system = systemOf({ wake: 0.3 }, { wake: 0.2 });
    expect(system.wakeOf(['b'], 'cpu')).toBe(0.2);
    expect(deploy(system, fused).groups[0]!.pools[0]!.wake).toBe(0.3);
    expect(systemOf({}, { wake: 0 }).wakeOf(['a', 'b'], 'cpu')).toBe(0.1);
  });

  it('takes longer among others for each of them', () => {
    const longer = (time: number) => ({ interference: [{ percentage: 50, time }] });
    const { times, wake } = deploy(systemOf(longer(0.5), longer(-1)), fused).groups[0]!.pools[0]!;
    expect(times.map(of => of.mean(1))).toEqual([1.5, 2]);
    expect(wake).toBe(0.1);
  });

  it('takes longer after a rest in each of them', () => {
    const system = systemOf(
      { rested: [{ rest: 1, time: 0.5, wake: 0.2 }] },
      {
        rested: [
          { rest: 1, time: 0.25, wake: 0.1 },
          { rest: 4, time: 1, wake: 0.5 },
        ],
      },
    );
    expect(deploy(system, fused).groups[0]!.pools[0]!.rested).toEqual([
      { rest: 1, more: 0.95 },
      { rest: 4, more: 2 },
    ]);
    expect(systemOf({}, {}).restedOf(['a', 'b'], 'cpu')).toEqual([]);
  });

  it('takes longer while the other cores are busy as far as that is known of them, and keeps its own', () => {
    const system = systemOf({ threads: 2, crowded: [{ percentage: 50, time: 0.5 }] }, {});
    const { times, crowded, threads } = deploy(system, fused).groups[0]!.pools[0]!;
    const longer = (at: number) => crowded![at]!.mean(1) / times[at]!.mean(1);
    expect([longer(0) > 1, longer(1), threads]).toEqual([true, 1, 1]);
    expect(systemOf({}, {}).crowdedOf(['a', 'b'], 'cpu')).toBe(undefined);
  });

  it('keeps as many threads busy as they do, by their share of its time', () => {
    expect(deploy(systemOf({ threads: 2 }, {}), fused).groups[0]!.pools[0]!.threads).toBe(1.25);
    expect(systemOf({}, {}).threadsOf(['a', 'b'], 'cpu')).toBe(1);
  });
});

describe('the engine’s main thread', () => {
  it('runs on the host where there is only one', () => {
    expect(deploy(systemOf({}, {}), fused).engine).toEqual({ query: 0.5, hop: 0.25, item: 0, host: 0 });
    const two = { ...here, hosts: { ...here.hosts, there: { cores: 8, types: [] } } };
    expect(deploy(systemOf({}, {}, two), fused).engine.host).toBe(-1);
    expect(deploy(systemOf({}, {}, { ...here, hosts: {} }), fused).engine.host).toBe(-1);
  });
});

describe('replicas on WebGPU', () => {
  const types = {
    cpu: { device: 'cpu', threads: 1 },
    webgpu: { device: 'webgpu', threads: 1 },
    big: { device: 'webgpu', threads: 4 },
  } as const;
  const profileOf = (hardware: string) => ({
    pipeline: 'pair',
    hardware,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: { a: stage(10, {}), b: stage(4, {}) },
  });
  const on = (hosts: Hardware['hosts'], ...profiled: string[]) =>
    makeSystem(pipeline!, profiled.map(profileOf), { types, limits: {}, hosts });

  it('take turns, whatever their types are called', () => {
    const system = on({ here: { cores: 2, types: ['cpu'] } }, 'cpu', 'webgpu', 'big');
    expect(system.hosts).toEqual([2, 'device']);
    expect(['cpu', 'webgpu', 'big'].map(system.hostOf)).toEqual([0, 1, 1]);
    expect(system.threadsOf(['a', 'b'], 'big')).toBe(1);
  });

  it('are no host where none is profiled', () => {
    expect(on({}, 'cpu').hosts).toEqual([]);
  });

  it('leave the engine where it was', () => {
    expect(on({ here: { cores: 2, types: ['cpu'] } }, 'cpu', 'webgpu').engine.host).toBe(0);
    expect(on({}, 'webgpu').engine.host).toBe(-1);
  });
});
