/** Traffic that a plan was not made for: a step of the rate, bursts where there were none, and recorded arrivals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Objective } from '../../pipelines/index.ts';
import {
  describeArrivals,
  drawSamples,
  gammaArrivals,
  makeSystem,
  parseTrace,
  rescale,
  type Profile,
  type Sample,
  type System,
} from '../../planner/index.ts';
import { dataFolder } from '../planner/data.ts';
import { madeUpHardware, madeUpProfiles } from '../planner/made-up-hardware.ts';
import { Random } from '../planner/random.ts';
import { shapedPipeline } from '../planner/shapes.ts';

/** Arrivals of a gamma process. */
interface Arriving {
  rate: number;
  cv: number;
}

export interface TunerCase {
  name: string;
  system: System;
  profiles: readonly Profile[];
  slo: readonly Objective[];
  /** What comes. */
  sample: Sample;
  /** What the plan is made for that the tuner begins with: what came before. */
  planned: readonly Sample[];
  /** What the static plans are made for: how queries come on average, and at the busiest. */
  mean: Arriving;
  peak: Arriving;
  /** When more begins to come at one moment, in milliseconds. */
  steps: readonly number[];
}

const slo: readonly Objective[] = [{ percentile: 99, limit: 300 }];
const seed = 1;

/** Queries per second: some replicas of each stage, so that their number can follow. */
const base = 40;

/** Three stages on two made-up hardware types: those of the bench of plans for real arrivals. */
function madeUpSystem(slower = 1): { system: System; profiles: readonly Profile[] } {
  const random = new Random(7);
  const shaped = shapedPipeline('chain', 'chain', 3, random);
  const one = { mean: 1, samples: [] };
  const scales = new Map(shaped.pipeline.stages.map(({ name }) => [name, one]));
  const profiles = madeUpProfiles({ ...shaped, scales }, 1, 6, random).map(of => slow(of, slower));
  return { system: makeSystem(shaped.pipeline, profiles, madeUpHardware(1)), profiles };
}

/** The same stages, each of which takes so many times as long. */
function slow(profile: Profile, factor: number): Profile {
  const stages = Object.entries(profile.stages).map(([name, { scale, batches }]) => [
    name,
    {
      scale,
      batches: batches.map(({ batch, mean, quantiles }) => ({
        batch,
        mean: mean * factor,
        quantiles: quantiles.map(({ percentage, time }) => ({ percentage, time: time * factor })),
      })),
    },
  ]);
  return { ...profile, stages: Object.fromEntries(stages) };
}

export function samplesOf({ rate, cv }: Arriving): Sample[] {
  return drawSamples({ kind: 'gamma', rate, cv, queries: 10_000, seeds: 3 });
}

/** Parts one after the other, each of so many seconds; `first` is the seed of the first. */
function inTurn(parts: readonly Arriving[], seconds: number, first = seed): Float64Array {
  return Float64Array.from(
    parts.flatMap(({ rate, cv }, part) => {
      const drawn = gammaArrivals(rate, cv, Math.ceil(2 * rate * seconds) + 200, first + part);
      const own = drawn.filter(at => at < 1000 * seconds);
      return Array.from(own, at => at + 1000 * part * seconds);
    }),
  );
}

/** @param seconds of each of the three parts */
export function stepCase(seconds: number): TunerCase {
  const [one, three] = [
    { rate: base, cv: 1 },
    { rate: 3 * base, cv: 1 },
  ];
  const arrivals = inTurn([one, three, one], seconds);
  return {
    name: 'rate 1× → 3× → 1×',
    ...madeUpSystem(),
    slo,
    sample: { seed, arrivals },
    planned: samplesOf(one),
    mean: { rate: (5 / 3) * base, cv: 1 },
    peak: three,
    steps: [1000 * seconds],
  };
}

/**
 * @param seconds of each of the two parts
 * @param first the seed of the first; the second has the next
 */
export function burstCase(seconds: number, first = seed): TunerCase {
  const [smooth, bursts] = [
    { rate: base, cv: 1 },
    { rate: base, cv: 4 },
  ];
  return {
    name: 'CV 1 → 4',
    ...madeUpSystem(),
    slo,
    sample: { seed, arrivals: inTurn([smooth, bursts], seconds, first) },
    planned: samplesOf(smooth),
    mean: smooth,
    peak: bursts,
    steps: [1000 * seconds],
  };
}

/** How many times faster than they were recorded the arrivals come. */
const speedUp = 4;
/** How many times as long the stages take, since these were questions to language models. */
const slower = 6;
/** Milliseconds over which a rate is the busiest. */
const busy = 60_000;

/** Recorded arrivals, planned for by their first quarter, as InferLine's are; null where the data is not there. */
export function traceCase(share: number): TunerCase | null {
  const folder = dataFolder('traces');
  if (folder === undefined) return null;
  const { arrivals } = parseTrace(readFileSync(join(folder, 'azure-conv-2023-11-16.csv'), 'utf8'));
  const all = rescale(arrivals!, speedUp * describeArrivals(arrivals!).rate);
  const quarter = Math.floor(all.length / 4);
  const before = all.slice(0, quarter);
  const rest = all.slice(quarter, quarter + Math.floor(share * (all.length - quarter)));
  const sample = { seed, arrivals: rest.map(arrival => arrival - rest[0]!) };
  const { rate, cv } = describeArrivals(sample.arrivals);
  return {
    name: 'recorded arrivals',
    ...madeUpSystem(slower),
    slo: slo.map(({ percentile, limit }) => ({ percentile, limit: limit * slower })),
    sample,
    planned: [1, 2, 3].map(each => ({ seed: each, arrivals: before })),
    mean: { rate, cv },
    peak: { rate: busiestRate(sample.arrivals), cv },
    steps: [],
  };
}

/** Queries per second in the busiest minute. */
function busiestRate(arrivals: Float64Array): number {
  let most = 0;
  for (let first = 0, last = 0; last < arrivals.length; last++) {
    while (arrivals[last]! - arrivals[first]! >= busy) first++;
    most = Math.max(most, last - first + 1);
  }
  return (1000 * most) / busy;
}
