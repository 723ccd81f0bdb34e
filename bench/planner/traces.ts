/** Plans for real arrivals and real fan-out, beside plans for what sums them up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rehearse } from '../../engine/index.ts';
import type { Group, Objective } from '../../pipelines/index.ts';
import {
  costOf,
  countUpTo,
  describeArrivals,
  drawSamples,
  estimate,
  makeSystem,
  parseTrace,
  rescale,
  type Sample,
  type Scale,
  type System,
} from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import { figure, showProgress } from '../report.ts';
import { madeUpHardware, madeUpProfiles } from './made-up-hardware.ts';
import { plan } from './quality.ts';
import { Random } from './random.ts';
import { scaleOf, shapedPipeline, type Shape } from './shapes.ts';

export interface TraceRow {
  name: string;
  sizedFor: string;
  /** US dollars per hour. */
  cost: number;
  /** Share of the queries within the objective when all that was recorded is replayed in the estimator. */
  estimated: number;
  /** The same of the busiest part, in the estimator and in rehearsal. */
  busiest?: { estimated: number; rehearsed: number };
}

/**
 * Three stages on two made-up hardware types.
 * @param items per query, of the second stage
 */
function systemOf(shape: Shape, items?: Scale): System {
  const random = new Random(7);
  const shaped = shapedPipeline(shape, shape, 3, random);
  const one = { mean: 1, samples: [] };
  const scales = new Map([
    ['s0', one],
    ['s1', items ?? one],
    ['s2', one],
  ]);
  const profiles = madeUpProfiles({ ...shaped, scales }, 2, 6, random);
  return makeSystem(shaped.pipeline, profiles, madeUpHardware(2));
}

function size(
  name: string,
  system: System,
  samples: readonly Sample[],
  slo: readonly Objective[],
): readonly Group[] {
  showProgress(`${name}…`);
  const found = plan({ name, system, samples, slo, most: 64 }, true, 20_000);
  if (!found) throw new Error(`no plan for ${name}`);
  return found.groups;
}

function attainment(latencies: Float64Array, [objective]: readonly Objective[]): number {
  return figure(countUpTo(latencies.toSorted(), objective!.limit) / latencies.length);
}

/** Queries per second that the trace is sped up to. */
const rate = 40;
/** Of the trace, in rehearsal: less than a minute. */
const rehearsedQueries = 2000;

/** The queries that came within the shortest time, so many in a row. */
function busiestPart(arrivals: Float64Array, queries: number): Float64Array {
  let first = 0;
  for (let at = 0; at + queries <= arrivals.length; at++) {
    const span = (from: number) => arrivals[from + queries - 1]! - arrivals[from]!;
    if (span(at) < span(first)) first = at;
  }
  return arrivals.slice(first, first + queries).map(arrival => arrival - arrivals[first]!);
}

/** Sized for a trace and for a gamma process of the same rate and variation; the trace is replayed on both plans. */
export async function measureArrivals(folder: string, { quick }: BenchOptions): Promise<TraceRow[]> {
  const { arrivals: recorded } = parseTrace(readFileSync(join(folder, 'azure-conv-2023-11-16.csv'), 'utf8'));
  const arrivals = rescale(recorded!, rate);
  const system = systemOf('chain');
  const slo = [{ percentile: 99, limit: 300 }];
  const { cv } = describeArrivals(arrivals);
  const trace = [1, 2, 3].map(seed => ({ seed, arrivals }));
  const gamma = drawSamples({ kind: 'gamma', rate, cv, queries: arrivals.length, seeds: 3 });
  const rows: TraceRow[] = [];
  for (const [sizedFor, samples] of Object.entries({ trace, [`gamma, CV ${cv.toFixed(2)}`]: gamma })) {
    const groups = size(`arrivals sized for ${sizedFor}`, system, samples, slo);
    const part = { seed: 1, arrivals: busiestPart(arrivals, quick ? 100 : rehearsedQueries) };
    showProgress(`rehearsing the plan for ${sizedFor}…`);
    const { latencies } = await rehearse(system, groups, part);
    rows.push({
      name: 'arrivals',
      sizedFor,
      cost: costOf(system, groups)!,
      estimated: attainment(estimate(system, groups, trace, slo).latencies, slo),
      busiest: {
        estimated: attainment(estimate(system, groups, [part], slo).latencies, slo),
        rehearsed: attainment(latencies, slo),
      },
    });
  }
  return rows;
}

/** Sized for observed counts of objects, and for their mean; the observed ones are replayed on both plans. */
export function measureFanOut(folder: string, { quick }: BenchOptions): TraceRow[] {
  const text = readFileSync(join(folder, 'objects-per-frame.json'), 'utf8');
  const videos = Object.entries(JSON.parse(text) as Record<string, number[]>);
  const slo = [{ percentile: 99, limit: 400 }];
  return videos.slice(0, quick ? 1 : videos.length).flatMap(([video, counts]) => {
    const scale = scaleOf(counts);
    const observed = systemOf('fan-out', scale);
    const queries = quick ? 1000 : 10_000;
    // A camera's frames come evenly, but for the network.
    const samples = drawSamples({ kind: 'gamma', rate: 15, cv: 0.2, queries, seeds: 3 });
    const row = (sizedFor: string, system: System): TraceRow => {
      const groups = size(`${video} sized for ${sizedFor}`, system, samples, slo);
      const { latencies } = estimate(observed, groups, samples, slo);
      return { name: video, sizedFor, cost: costOf(system, groups)!, estimated: attainment(latencies, slo) };
    };
    return [row('counts', observed), row('mean', systemOf('fan-out', { ...scale, samples: [] }))];
  });
}
