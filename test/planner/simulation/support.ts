/** Small systems to simulate, put together by hand. */
import { parsePipeline } from '../../../pipelines/index.ts';
import type { Scale } from '../../../planner/profile/profile.ts';
import type {
  ServiceTimes,
  SimulatedDeployment,
  SimulatedPool,
} from '../../../planner/simulation/deployment.ts';
import { structureOf, type Structure } from '../../../planner/simulation/structure.ts';
import { gammaArrivals } from '../../../planner/workload/gamma.ts';
import type { Sample } from '../../../planner/workload/workload.ts';

/** A pipeline's structure from its stages, each as it stands after its name in the file, all of operator `emulate`. */
export function structureFor(
  stages: Readonly<Record<string, string>>,
  scales: Readonly<Record<string, Partial<Scale>>> = {},
): Structure {
  const lines = Object.entries(stages).map(([name, stage]) => `  ${name}: { operator: emulate, ${stage} }`);
  const text = `millrace: pipeline/1
name: test
slo: { p99: 1 s }
inputs: { x: { datatype: BYTES, shape: [1] } }
stages:
${lines.join('\n')}
outputs: { y: [${Object.keys(stages)
    .map(name => `${name}.out`)
    .join(', ')}] }
`;
  const { pipeline, diagnostics } = parsePipeline(text);
  if (!pipeline) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const filled = Object.entries(scales).map(([name, { samples = [], mean, ...more }]): [string, Scale] => [
    name,
    { mean: mean ?? samples.reduce((sum, count) => sum + count, 0) / samples.length, samples, ...more },
  ]);
  return structureOf(pipeline, new Map(filled));
}

/** So many stages, one after the other. */
export function chainOf(length: number): Structure {
  const stages = Array.from({ length }, (_, s) => [
    `s${s}`,
    `inputs: { in: ${s === 0 ? 'inputs.x' : `s${s - 1}.out`} }`,
  ]);
  return structureFor(Object.fromEntries(stages));
}

export const constant = (time: number): ServiceTimes => ({ draw: () => time, mean: () => time });

export const exponential = (mean: number): ServiceTimes => ({
  draw: (_, uniform) => -mean * Math.log(1 - uniform),
  mean: () => mean,
});

export function poolOf(
  times: ServiceTimes | readonly ServiceTimes[],
  pool: Partial<SimulatedPool> = {},
): SimulatedPool {
  return {
    hardware: 'cpu',
    batch: 1,
    maxWait: 0,
    replicas: 1,
    times: 'draw' in times ? [times] : times,
    wake: 0,
    threads: 1,
    host: -1,
    ...pool,
  };
}

/** A group of one pool for each stage in turn. */
export function deploymentOf(
  pools: readonly SimulatedPool[],
  rest: Partial<SimulatedDeployment> = {},
): SimulatedDeployment {
  const groups = pools.map((pool, stage) => ({ stages: Int32Array.of(stage), pools: [pool] }));
  return { groups, hosts: [], engine: { query: 0, hop: 0 }, ...rest };
}

/** Poisson arrivals. @param rate per millisecond */
export function poisson(rate: number, queries: number, seed = 1): Sample {
  return { seed, arrivals: gammaArrivals(1000 * rate, 1, queries, seed) };
}

export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export const meanOf = (values: Float64Array): number => sum(values) / values.length;
