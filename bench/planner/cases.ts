/** Seeded cases for planners: random pipelines, profiles, workloads and objectives. */
import type { Objective } from '../../pipelines/index.ts';
import { drawSamples, makeSystem, type Sample, type System } from '../../planner/index.ts';
import { madeUpHardware, madeUpProfiles } from './made-up-hardware.ts';
import { Random } from './random.ts';
import { shapedPipeline, type Shape } from './shapes.ts';

export interface CaseSpec {
  seed: number;
  shape: Shape;
  stages: number;
  /** Hardware types, 2 to 4. */
  types: number;
  /** Batch sizes, 1 to 6. */
  batches: number;
  /** Of the gaps between arrivals. */
  cv: number;
  /** 0: as tight as can be met with little waiting; 1: the cheapest hardware can do. */
  slack: number;
  /** Replicas of the first type that the busiest stage would keep busy. */
  load: number;
}

/** A planning problem. All planners are given the same samples. */
export interface Case {
  name: string;
  system: System;
  samples: readonly Sample[];
  slo: readonly Objective[];
  /** Most replicas of one pool. */
  most: number;
}

/** Arrivals of a case: enough that its percentile is one of dozens of queries. */
export interface SampleSize {
  queries: number;
  seeds: number;
}

export function makeCase(spec: CaseSpec, { queries, seeds }: SampleSize, most: number): Case {
  const { seed, shape, stages, types, batches, cv, slack, load } = spec;
  const random = new Random(seed);
  const shaped = shapedPipeline(`${shape}-${seed}`, shape, stages, random);
  const profiles = madeUpProfiles(shaped, types, batches, random);
  const system = makeSystem(shaped.pipeline, profiles, madeUpHardware(types));
  const busiest = Math.max(
    ...system.structure.stages.map(({ name, scale }) => scale.mean * system.timesOf(name, 'cpu')!.mean(1)),
  );
  const rate = Number(((1000 * load) / busiest).toPrecision(3));
  const timesOf = (stage: number) =>
    system.types.flatMap(type => system.timesOf(system.structure.stages[stage]!.name, type)?.mean(1) ?? []);
  const fast = longestPath(system, stage => Math.min(...timesOf(stage)));
  const slow = longestPath(system, stage => Math.max(...timesOf(stage)));
  const limit = Math.ceil(1.8 * fast * (slow / fast) ** slack);
  return {
    name: `${seed} ${shape} ${stages}×${types}×${batches} cv ${cv} slack ${slack}`,
    system,
    samples: drawSamples({ kind: 'gamma', rate, cv, queries, seeds }),
    slo: [{ percentile: 99, limit }],
    most,
  };
}

/** Milliseconds along the longest path, with what each stage takes by its number. */
export function longestPath({ structure }: System, timeOf: (stage: number) => number): number {
  const ends: number[] = [];
  for (const { index, needs } of structure.stages) {
    const sources = needs.flatMap(({ stage }) => [...stage].flatMap(of => (of >= 0 ? [ends[of]!] : [])));
    ends.push(Math.max(0, ...sources) + timeOf(index));
  }
  return Math.max(...ends);
}

const shapes: readonly Shape[] = ['chain', 'branch', 'fan-out', 'join'];
const cvs = [0.5, 1, 4];

/** Some 48 cases: every shape with 2 to 8 stages, most of them small. */
export const specs: readonly CaseSpec[] = Array.from({ length: 48 }, (_, index): CaseSpec => {
  const seed = index + 1;
  const random = new Random(1000 + seed);
  const shape = shapes[index % shapes.length]!;
  // A join takes four stages.
  const fewest = shape === 'join' ? 4 : shape === 'chain' ? 2 : 3;
  return {
    seed,
    shape,
    stages: Math.round(random.between(fewest, index % 3 === 0 ? 8 : 5)),
    types: Math.round(random.between(2, 4)),
    batches: Math.round(random.between(1, 6)),
    cv: random.oneOf(cvs),
    slack: random.oneOf([0, 0.2, 0.4, 0.7, 1]),
    load: Math.round(random.between(2, 10)),
  };
});

/** Cases so small that all of their plans can be tried. */
export function smallSpec(seed: number): CaseSpec {
  const random = new Random(2000 + seed);
  const shape = random.oneOf(shapes.slice(0, 3));
  return {
    seed: 100 + seed,
    shape,
    stages: shape === 'chain' ? random.oneOf([2, 3]) : 3,
    types: 2,
    batches: random.oneOf([1, 2, 3]),
    cv: random.oneOf(cvs),
    slack: random.oneOf([0, 0.3, 0.6, 1]),
    load: random.oneOf([1, 2, 3]),
  };
}
