/** Are the plans cheap, are they found fast, and what do they save? */
import type { Bench, Table } from '../bench.ts';
import { median } from '../measure.ts';
import { figure } from '../report.ts';
import { dataFolder, dataVariable } from './data.ts';
import { figuresOf, measureQuality, type Row } from './quality.ts';
import { measureRibbon, type RibbonRow } from './ribbon.ts';
import { measureSpeed, type SpeedRow } from './speed.ts';
import { measureArrivals, measureFanOut, type TraceRow } from './traces.ts';

const dollars = (cost: number | null | undefined) => cost?.toFixed(4) ?? '';
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

function qualityTable(rows: readonly Row[]): Table {
  return {
    title:
      'US dollars per hour: ours with one pool per stage (* not proved) and with all there is, InferLine’s greedy, one unit replicated for the mean rate (! misses the SLO) and for the peak',
    headings: ['case', 'ours', 'ours, all', 'greedy', 'exhaustive', 'mean', 'peak', 's', 'greedy s'],
    rows: rows.map(row => [
      row.case,
      row.ours === null ? 'none' : dollars(row.ours) + (row.proved ? '' : '*'),
      dollars(row.best),
      dollars(row.greedy),
      row.exhaustive === null ? 'none' : dollars(row.exhaustive),
      dollars(row.coarseMean) + (row.coarseMean === null || row.coarseMeets ? '' : '!'),
      dollars(row.coarsePeak),
      row.seconds.ours.toFixed(1),
      row.seconds.greedy.toFixed(1),
    ]),
  };
}

function speedTable(title: string, rows: readonly SpeedRow[]): Table {
  return {
    title,
    headings: ['case', 's', 'cost', 'gap'],
    rows: rows.map(({ case: name, seconds, cost, gap }) => [
      name,
      seconds.toFixed(1),
      dollars(cost),
      gap === 0 ? 'proved' : percent(gap),
    ]),
  };
}

function ribbonTable(rows: readonly RibbonRow[]): Table {
  return {
    title: 'beside the optimum that RIBBON’s authors measured',
    headings: ['service', 'pools', 'cost', 'over optimum', 'under one type', 's'],
    rows: rows.map(({ service, pools, cost, ratio, saved, seconds }) => [
      service,
      pools,
      dollars(cost),
      ratio.toFixed(3),
      percent(saved),
      seconds.toFixed(1),
    ]),
  };
}

function traceTable(rows: readonly TraceRow[]): Table {
  return {
    title: 'share of queries within the SLO when what was recorded is replayed',
    headings: ['recorded', 'sized for', 'cost', 'estimated', 'busiest, estimated', 'rehearsed'],
    rows: rows.map(({ name, sizedFor, cost, estimated, busiest }) => [
      name,
      sizedFor,
      dollars(cost),
      percent(estimated),
      busiest ? percent(busiest.estimated) : '',
      busiest ? percent(busiest.rehearsed) : '',
    ]),
  };
}

export const bench: Bench = async options => {
  const quality = measureQuality(options);
  const four = measureSpeed(4, 8, options);
  const ten = measureSpeed(10, 4, options);
  const ribbonFolder = dataFolder('ribbon');
  const tracesFolder = dataFolder('traces');
  const ribbon = ribbonFolder && (await measureRibbon(ribbonFolder, options));
  const traces = tracesFolder && [
    ...(await measureArrivals(tracesFolder, options)),
    ...measureFanOut(tracesFolder, options),
  ];
  const seconds = (rows: readonly SpeedRow[]) => rows.map(row => row.seconds);
  const skipped = [
    ...(ribbon ? [] : [['ribbon', `skipped: ${dataVariable} names no folder that has it`]]),
    ...(traces ? [] : [['traces', `skipped: ${dataVariable} names no folder that has it`]]),
  ];
  return {
    figures: {
      ...figuresOf(quality),
      four_stage_seconds: { median: figure(median(seconds(four))), most: Math.max(...seconds(four)) },
      four_stage_proved: four.filter(({ gap }) => gap === 0).length / four.length,
      ten_stage: ten.map(({ seconds, gap }) => ({ seconds, gap })),
      ...(ribbon && { ribbon }),
      ...(traces && { traces }),
      rows: quality,
    },
    tables: [
      qualityTable(quality),
      speedTable('4 stages × 4 hardware types × 6 batch sizes, 90,000 queries', four),
      speedTable('10 stages × 4 hardware types × 6 batch sizes, 90,000 queries', ten),
      ...(ribbon ? [ribbonTable(ribbon)] : []),
      ...(traces ? [traceTable(traces)] : []),
      ...(skipped.length > 0 ? [{ title: 'skipped', headings: ['', ''], rows: skipped }] : []),
    ],
  };
};
