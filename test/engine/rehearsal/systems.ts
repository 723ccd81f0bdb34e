import { localReplicas } from '../../../engine/runtime/local-replica.ts';
import { rehearse, type Rehearsal } from '../../../engine/rehearsal/rehearse.ts';
import { parsePipeline, type Group, type Pipeline, type Pool } from '../../../pipelines/index.ts';
import {
  deploy,
  gammaArrivals,
  makeSystem,
  simulate,
  type Outcome,
  type Profile,
  type StageProfile,
  type System,
} from '../../../planner/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A profiled stage: milliseconds of batches of one, and items per query. */
export interface Profiled {
  time: number;
  scale?: number | readonly number[];
}

/** Times that vary by half, and batches of eight that take four times as long as one item. */
export function profileOf(
  hardware: string,
  stages: Readonly<Record<string, Profiled>>,
  factor: number,
): Profile {
  const quantiles = (time: number) => [
    { percentage: 0, time: 0.75 * time },
    { percentage: 90, time: 1.1 * time },
    { percentage: 100, time: 1.5 * time },
  ];
  const profiled = Object.entries(stages).map(([name, { time, scale = 1 }]): [string, StageProfile] => {
    const samples = typeof scale === 'number' ? [] : scale;
    const mean = typeof scale === 'number' ? scale : samples.reduce((sum, n) => sum + n, 0) / samples.length;
    const batches = [
      { batch: 1, mean: time * factor, quantiles: quantiles(time * factor) },
      { batch: 8, mean: 4 * time * factor, quantiles: quantiles(4 * time * factor) },
    ];
    return [name, { scale: { mean, samples }, batches }];
  });
  return {
    pipeline: 'test',
    hardware,
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(profiled),
  };
}

/** A pipeline of stages in YAML, profiled on `cpu` and, three times as fast, on `t4`; the engine itself costs nothing. */
export function systemOf(
  stages: string,
  output: string,
  profiled: Readonly<Record<string, Profiled>>,
): System {
  const { pipeline, diagnostics } = parsePipeline(`millrace: pipeline/1
name: test
inputs: { text: { datatype: BYTES, shape: [1] } }
stages:
${stages}
outputs: { result: ${output} }
`);
  if (!pipeline) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return profiledSystem(pipeline, profiled);
}

/** A pipeline profiled on `cpu` and, three times as fast, on `t4`; the engine itself costs nothing. */
export function profiledSystem(pipeline: Pipeline, profiled: Readonly<Record<string, Profiled>>): System {
  const types = { cpu: { device: 'cpu', threads: 1 }, t4: { device: 'cuda', threads: 1 } } as const;
  const profiles = [profileOf('cpu', profiled, 1), profileOf('t4', profiled, 1 / 3)];
  return makeSystem(pipeline, profiles, { types, limits: {}, hosts: {} });
}

export function pool(replicas: number, batch = 1, hardware = 'cpu', maxWait = 0): Pool {
  return { hardware, batch, replicas, maxWait };
}

/** Groups by name, their stages joined by `+`. */
export function groupsOf(pools: Readonly<Record<string, readonly Pool[]>>): Group[] {
  return Object.entries(pools).map(([name, pools]) => ({ name, stages: name.split('+'), pools }));
}

/** The same sample through the engine on a virtual clock and through the estimator's simulation. */
export async function both(
  system: System,
  pools: Readonly<Record<string, readonly Pool[]>>,
  { rate = 20, cv = 1, queries = 200 } = {},
): Promise<{ rehearsed: Rehearsal; simulated: Outcome }> {
  const groups = groupsOf(pools);
  const sample = { seed: 7, arrivals: gammaArrivals(rate, cv, queries, 7) };
  const clock = new VirtualClock();
  const replicas = localReplicas(clock);
  const rehearsed = await clock.until(rehearse(system, groups, sample, { clock, replicas }));
  return { rehearsed, simulated: simulate(system.structure, deploy(system, groups), sample) };
}
