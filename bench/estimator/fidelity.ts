/** Is a rehearsal, by the real engine and in real time, what was predicted? */
import { asRehearsed, calibrate, predict, rehearse, summarise } from '../../engine/index.ts';
import type { Group } from '../../pipelines/index.ts';
import { gammaArrivals, type EngineCost, type Sample, type System } from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress } from '../report.ts';
import { percentilesOf, type Row } from './row.ts';
import { branch, chain, fanOut, mixed, type Case } from './systems.ts';

export interface Cell {
  of: Case;
  cv: number;
  /** Share of the time that the busiest group is busy. */
  utilisation: number;
  /** Multiplies the replicas, so that the queries come within some 40 s. */
  times: number;
}

const cells: readonly Cell[] = [
  { of: chain, cv: 0.5, utilisation: 0.85, times: 3 },
  { of: chain, cv: 1, utilisation: 0.6, times: 4 },
  { of: chain, cv: 4, utilisation: 0.3, times: 5 },
  { of: branch, cv: 0.5, utilisation: 0.3, times: 4 },
  { of: branch, cv: 1, utilisation: 0.85, times: 2 },
  { of: branch, cv: 4, utilisation: 0.5, times: 2 },
  { of: fanOut, cv: 0.5, utilisation: 0.5, times: 3 },
  { of: fanOut, cv: 1, utilisation: 0.7, times: 2 },
  { of: fanOut, cv: 4, utilisation: 0.6, times: 2 },
  { of: mixed, cv: 0.5, utilisation: 0.7, times: 2 },
  { of: mixed, cv: 1, utilisation: 0.85, times: 2 },
  { of: mixed, cv: 4, utilisation: 0.5, times: 3 },
];

const seed = 1;

/** The rate, and a sample of it, at which the busiest group is that busy: found by halving. */
function sampleAt(
  system: System,
  groups: readonly Group[],
  { cv, utilisation }: Cell,
  queries: number,
): { rate: number; sample: Sample } {
  let [low, high] = [0, 2000];
  const at = (rate: number): Sample => ({ seed, arrivals: gammaArrivals(rate, cv, queries, seed) });
  const busiest = (sample: Sample) =>
    Math.max(...Object.values(predict(system, groups, [sample], []).utilisation));
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    if (busiest(at(middle)) < utilisation) low = middle;
    else high = middle;
  }
  return { rate: low, sample: at(low) };
}

async function measureCell(cell: Cell, cost: EngineCost, queries: number, runs: number): Promise<Row> {
  const { of, cv, utilisation, times } = cell;
  const groups = of.groups(times);
  const system = asRehearsed(of.system, cost);
  const { rate, sample } = sampleAt(system, groups, cell, queries);
  const predicted = predict(system, groups, [sample], []).percentiles;
  const measured: Readonly<Record<string, number>>[] = [];
  for (let run = 0; run < runs; run++) {
    showProgress(`${of.name}, CV ${cv}, ${utilisation} busy: run ${run + 1} of ${runs}…`);
    measured.push(summarise([await rehearse(of.system, groups, sample)], []).percentiles);
  }
  const all = (percentile: number) => measured.map(run => run[`p${percentile}`]!);
  return {
    pipeline: of.name,
    rate: figure(rate),
    cv,
    utilisation,
    predicted: percentilesOf(percentile => predicted[`p${percentile}`]!),
    measured: percentilesOf(percentile => median(all(percentile))),
    floor: percentilesOf(percentile => Math.abs(all(percentile).at(1)! / all(percentile)[0]! - 1)),
  };
}

/** Rehearses every cell, one after the other: side by side they would get into each other's way. */
export async function measureFidelity({ quick }: BenchOptions): Promise<{ cost: EngineCost; rows: Row[] }> {
  showProgress('what the engine costs here…');
  const cost = await calibrate();
  const rows: Row[] = [];
  for (const cell of quick ? [cells[1]!, cells[7]!] : cells)
    rows.push(await (quick ? measureCell(cell, cost, 100, 2) : measureCell(cell, cost, 2000, 3)));
  return { cost, rows };
}
