/**
 * What the engine itself costs in rehearsals on this machine: queries go through one stage and through two that take a
 * known time, on threads of their own, and never wait for one. What a replica takes beyond that time, as the main
 * thread sees it, is its wake; what a second group adds beside its replica is a hop; and what is left over is the
 * query's own.
 */
import { parsePipeline, type Group } from '../../pipelines/index.ts';
import { makeSystem, type EngineCost, type Profile, type System } from '../../planner/index.ts';
import { realClock, type Clock } from '../runtime/clock.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import { threadReplicas } from '../runtime/thread-replica.ts';
import { rehearse, type RehearseOptions } from './rehearse.ts';

/** Milliseconds that a stage takes. */
const service = 20;
/** Milliseconds between two queries: replicas are busy half of the time, as in a plan, and none is waited for. */
const gap = 9.4;
const replicasPerStage = 4;

/** Queries that count, after some that warm the engine up. */
const counted = 300;
const warmUp = 100;

export type CalibrateOptions = Pick<RehearseOptions, 'signal' | 'clock' | 'replicas'> & {
  onProgress?: (share: number) => void;
};

function chainOf(length: number): { system: System; groups: Group[] } {
  const names = Array.from({ length }, (_, index) => `s${index}`);
  const stages = names.map(
    (name, index) =>
      `  ${name}: { operator: x, inputs: { in: ${index === 0 ? 'inputs.in' : `s${index - 1}.out`} } }`,
  );
  const text = `millrace: pipeline/1
name: chain
inputs: { in: { datatype: INT32, shape: [1] } }
stages:
${stages.join('\n')}
outputs: { out: s${length - 1}.out }
`;
  const times = {
    scale: { mean: 1, samples: [] },
    batches: [{ batch: 1, mean: service, quantiles: [] }],
  };
  const profile: Profile = {
    pipeline: 'chain',
    hardware: 'cpu',
    host: {},
    engine: { query: 0, hop: 0, wake: 0 },
    stages: Object.fromEntries(names.map(name => [name, times])),
  };
  return {
    system: makeSystem(parsePipeline(text).pipeline!, [profile], { types: {}, limits: {}, hosts: {} }),
    groups: names.map(name => ({
      name,
      stages: [name],
      pools: [{ hardware: 'cpu', batch: 1, replicas: replicasPerStage, maxWait: 0 }],
    })),
  };
}

/** Replicas that note how long each batch that counts took, in milliseconds from handing it out to its results. */
function timed(factory: ReplicaFactory, clock: Clock, durations: number[]): ReplicaFactory {
  return {
    async start(spec) {
      const replica = await factory.start(spec);
      return {
        ...replica,
        async run(batch) {
          const start = clock.now();
          const result = await replica.run(batch);
          if (batch.items[0]!.context.query >= warmUp) durations.push(clock.now() - start);
          return result;
        },
      };
    },
  };
}

/** Mean of the middle half: a pause of the machine is not to count, and the clock's grain is. */
function midmean(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.subarray(sorted.length >> 2, sorted.length - (sorted.length >> 2));
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/**
 * Measures the engine's cost, in some ten seconds.
 *
 * @returns milliseconds, as a profile has them
 * @throws the signal's reason
 */
export async function calibrate({ onProgress, ...options }: CalibrateOptions = {}): Promise<EngineCost> {
  const { clock = realClock, replicas = threadReplicas } = options;
  const queries = counted + warmUp;
  const arrivals = Float64Array.from({ length: queries }, (_, query) => query * gap);
  const measured: { latency: number; replica: number }[] = [];
  for (const length of [1, 2]) {
    const { system, groups } = chainOf(length);
    const durations: number[] = [];
    const { latencies, lateness } = await rehearse(
      system,
      groups,
      { seed: 1, arrivals },
      {
        ...options,
        replicas: timed(replicas, clock, durations),
        onProgress: answered => onProgress?.((length - 1 + answered / queries) / 2),
      },
    );
    measured.push({
      latency: midmean(latencies.map((latency, query) => latency - lateness[query]!).subarray(warmUp)),
      replica: midmean(Float64Array.from(durations)),
    });
  }
  const [one, two] = measured as [(typeof measured)[0], (typeof measured)[0]];
  const wake = Math.max(0, two.replica - service);
  const hop = Math.max(0, two.latency - one.latency - two.replica);
  return { query: Math.max(0, one.latency - one.replica - hop), hop, wake };
}
