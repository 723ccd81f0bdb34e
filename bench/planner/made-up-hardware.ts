/** Random profiles on made-up hardware: processors that gain little from batches, accelerators that gain much. */
import type { BatchTimes } from '../../operators/index.ts';
import type { Hardware } from '../../pipelines/index.ts';
import type { Profile, StageProfile } from '../../planner/index.ts';
import type { Random } from './random.ts';
import type { ShapedPipeline } from './shapes.ts';

interface MadeUpType {
  device: 'cpu' | 'cuda';
  threads: number;
  /** US dollars per replica and hour. */
  price: number;
  /** How many times faster than the first type it is, at least and at most, by stage. */
  speedUp: readonly [number, number];
  /** Share of a batch's time that doesn't grow with its size. */
  fixed: readonly [number, number];
}

/** Prices and speeds are about those of cloud instances with 1 and 4 cores, a T4 and an A10G. */
const madeUp: Readonly<Record<string, MadeUpType>> = {
  cpu: { device: 'cpu', threads: 1, price: 0.0425, speedUp: [1, 1], fixed: [0, 0.1] },
  gpu: { device: 'cuda', threads: 1, price: 0.526, speedUp: [4, 20], fixed: [0.5, 0.9] },
  'cpu-4': { device: 'cpu', threads: 4, price: 0.17, speedUp: [2, 3.6], fixed: [0, 0.2] },
  'gpu-large': { device: 'cuda', threads: 1, price: 1.006, speedUp: [8, 40], fixed: [0.6, 0.95] },
};

/** Service times vary as measured ones do: little below the median, and with a tail. */
const shape: readonly [percentage: number, factor: number][] = [
  [0, 0.9],
  [50, 0.99],
  [90, 1.08],
  [99, 1.25],
  [100, 1.6],
];

const sizes = [1, 2, 4, 8, 16, 32];

/** The first so many types, which have prices and no limits. @param count 1 to 4 */
export function madeUpHardware(count: number): Hardware {
  const types = Object.entries(madeUp).slice(0, count);
  const described = types.map(([name, { device, threads, price }]) => [name, { device, threads, price }]);
  return { types: Object.fromEntries(described), limits: {}, hosts: {} };
}

/**
 * What a pipeline's stages take on the first so many types.
 * @param batches how many batch sizes were measured: 1, 2, 4, …
 */
export function madeUpProfiles(
  { pipeline, scales }: ShapedPipeline,
  types: number,
  batches: number,
  random: Random,
): Profile[] {
  const stages = pipeline.stages.map(({ name }) => ({
    name,
    base: random.logBetween(5, 120),
    // Some stages, such as decoding, are for processors only.
    processorOnly: random.chance(0.15),
  }));
  return Object.entries(madeUp)
    .slice(0, types)
    .map(([hardware, { device, speedUp, fixed }]): Profile => {
      const profiled = stages.flatMap(({ name, base, processorOnly }): [string, StageProfile][] => {
        const alone = base / random.logBetween(...speedUp);
        const share = random.between(...fixed);
        if (processorOnly && device !== 'cpu') return [];
        const times = sizes
          .slice(0, batches)
          .map(batch => timesOf(batch, alone * (share + (1 - share) * batch)));
        return [[name, { scale: scales.get(name)!, batches: times }]];
      });
      const engine = { query: 0.02, hop: 0.05, wake: 0.2 };
      return { pipeline: pipeline.name, hardware, host: {}, engine, stages: Object.fromEntries(profiled) };
    });
}

function timesOf(batch: number, time: number): BatchTimes {
  const rounded = (value: number) => Math.round(value * 1000) / 1000;
  const quantiles = shape.map(([percentage, factor]) => ({ percentage, time: rounded(time * factor) }));
  return { batch, mean: rounded(time), quantiles };
}
