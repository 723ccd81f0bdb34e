/** The pipelines of the bench, profiled on made-up hardware. */
import { parsePipeline, type Group, type Pool } from '../../pipelines/index.ts';
import { makeSystem, type Profile, type StageProfile, type System } from '../../planner/index.ts';

/** Milliseconds of batches by size, on each hardware type that runs the stage. */
type Times = Readonly<Record<string, Readonly<Record<number, number>>>>;

interface ProfiledStage {
  /** As in the pipeline's file. */
  yaml: string;
  times: Times;
  /** Items of each observed query; one each unless given. */
  samples?: readonly number[];
}

export interface Case {
  name: string;
  system: System;
  /** The plan, with so many times its replicas. */
  groups(times: number): Group[];
}

/** Service times vary as measured ones do: little below the median, and with a tail. */
const shape: readonly [percentage: number, factor: number][] = [
  [0, 0.85],
  [50, 0.98],
  [90, 1.12],
  [99, 1.5],
];

function profileOf(name: string, hardware: string, stages: Readonly<Record<string, ProfiledStage>>): Profile {
  const profiled = Object.entries(stages).flatMap(([stage, { times, samples = [] }]) => {
    const here = times[hardware];
    if (!here) return [];
    const mean = samples.length > 0 ? samples.reduce((sum, count) => sum + count, 0) / samples.length : 1;
    const batches = Object.entries(here).map(([batch, time]) => ({
      batch: Number(batch),
      mean: time,
      quantiles: shape.map(([percentage, factor]) => ({ percentage, time: time * factor })),
    }));
    return [[stage, { scale: { mean, samples }, batches }] as [string, StageProfile]];
  });
  return {
    pipeline: name,
    hardware,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(profiled),
  };
}

function caseOf(
  name: string,
  stages: Readonly<Record<string, ProfiledStage>>,
  output: string,
  pools: Readonly<Record<string, readonly Omit<Pool, 'maxWait'>[]>>,
): Case {
  const yaml = Object.entries(stages).map(([stage, { yaml }]) => `  ${stage}: { operator: x, ${yaml} }`);
  const { pipeline } = parsePipeline(
    [
      'millrace: pipeline/1',
      `name: ${name}`,
      'inputs: { in: { datatype: FP32, shape: [1] } }',
      'stages:',
      ...yaml,
      `outputs: { out: ${output} }`,
      '',
    ].join('\n'),
  );
  const types = { cpu: { device: 'cpu', threads: 1 }, gpu: { device: 'cuda', threads: 1 } } as const;
  const used = Object.values(stages).flatMap(({ times }) => Object.keys(times));
  const profiles = [...new Set(used)].map(hardware => profileOf(name, hardware, stages));
  return {
    name,
    system: makeSystem(pipeline!, profiles, { types, limits: {}, hosts: {} }),
    groups: times =>
      Object.entries(pools).map(([group, its]) => ({
        name: group,
        stages: group.split('+'),
        pools: its.map(pool => ({ ...pool, replicas: times * pool.replicas, maxWait: 0 })),
      })),
  };
}

const cpu = (replicas: number, batch = 1) => ({ hardware: 'cpu', batch, replicas });
const gpu = (replicas: number, batch: number) => ({ hardware: 'gpu', batch, replicas });

export const chain = caseOf(
  'chain',
  {
    a: { yaml: 'inputs: { in: inputs.in }', times: { cpu: { 1: 20, 4: 56 } } },
    b: { yaml: 'inputs: { in: a.out }', times: { cpu: { 1: 40, 4: 100 } } },
    c: { yaml: 'inputs: { in: b.out }', times: { cpu: { 1: 25, 4: 80 } } },
  },
  'c.out',
  { a: [cpu(1)], b: [cpu(1, 4)], c: [cpu(1, 2)] },
);

/** Two in five take the branch. */
const taken = [1, 0, 0, 1, 0, 0, 1, 0, 1, 0];

export const branch = caseOf(
  'branch',
  {
    look: { yaml: 'inputs: { in: inputs.in }', times: { cpu: { 1: 30 } }, samples: taken.map(() => 1) },
    fix: {
      yaml: 'when: look.code == 1, inputs: { in: look.out }',
      times: { cpu: { 1: 60 } },
      samples: taken,
    },
    end: {
      yaml: 'inputs: { in: [fix.out, look.out] }',
      times: { cpu: { 1: 20 } },
      samples: taken.map(() => 1),
    },
  },
  'end.out',
  { look: [cpu(2)], fix: [cpu(2)], end: [cpu(1)] },
);

const lines = [3, 1, 0, 5, 2, 2, 7, 1, 4, 0];

export const fanOut = caseOf(
  'fan-out',
  {
    find: { yaml: 'inputs: { in: inputs.in }', times: { cpu: { 1: 30 } }, samples: lines.map(() => 1) },
    read: {
      yaml: 'each: find.lines, inputs: { in: item }',
      times: { cpu: { 1: 20, 4: 60 } },
      samples: lines,
    },
    sort: { yaml: 'inputs: { in: read.text }', times: { cpu: { 1: 20 } }, samples: lines.map(() => 1) },
  },
  'sort.out',
  { find: [cpu(2)], read: [cpu(2, 2)], sort: [cpu(1)] },
);

export const mixed = caseOf(
  'mixed',
  {
    a: { yaml: 'inputs: { in: inputs.in }', times: { cpu: { 1: 20 } } },
    b: { yaml: 'inputs: { in: a.out }', times: { cpu: { 1: 90, 2: 170 }, gpu: { 1: 25, 4: 40 } } },
    c: { yaml: 'inputs: { in: b.out }', times: { cpu: { 1: 22 } } },
  },
  'c.out',
  { a: [cpu(1)], b: [gpu(1, 4), cpu(1)], c: [cpu(1)] },
);

export const cases: readonly Case[] = [chain, branch, fanOut, mixed];
