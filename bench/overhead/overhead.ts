/** What the engine costs: per hop between threads, and beside a model run without it. */
import type { Bench, BenchOptions, Table } from '../bench.ts';
import { median, ratios, spread } from '../measure.ts';
import { figure, showProgress, summary } from '../report.ts';
import { measureHop, type HopTimes } from './hop.ts';
import { prepareInputs, repeatToBatches } from './prepared.ts';
import { measureRaw, type RawCase } from './raw.ts';

/** The cores of the machine the figures are for; more workers than cores would only take turns. */
const workers = 2;

async function rawCases({ quick }: BenchOptions): Promise<Record<'ocr' | 'fashion', RawCase>> {
  const length = quick ? { rounds: 1, seconds: 0.5 } : { rounds: 5, seconds: 10 };
  const garments = await prepareInputs('fashion', 'normalise.tensor');
  const crops = await prepareInputs('ocr', 'rotate.crop');
  return {
    // Batches of one: on a processor, reading several lines at once is slower than one after the other.
    ocr: {
      pipeline: 'ocr-model',
      inputs: quick ? crops.slice(0, 4) : crops,
      batch: 1,
      workers,
      ...length,
    },
    fashion: {
      pipeline: 'fashion-model',
      inputs: repeatToBatches(garments, 32),
      batch: 32,
      workers,
      ...length,
    },
  };
}

function hopTable(times: HopTimes, values: readonly number[]): Table {
  const row = (name: string, list: readonly number[]) => [
    name,
    ...summary(
      list.map(value => value * 1000),
      0,
    ),
  ];
  return {
    title: 'p50 latency of 1 kB, one query in flight (µs)',
    headings: ['', 'median', 'spread'],
    rows: [
      row('bare piscina round trip', times.bare),
      row('engine, one echo', times.one),
      row('engine, two echoes', times.two),
      ['two less one, over bare', ...summary(values, 2)],
    ],
  };
}

export const bench: Bench = async options => {
  showProgress('hops…');
  const hop = await measureHop(options);
  const hopRatios = hop.one.map((one, round) => (hop.two[round]! - one) / hop.bare[round]!);
  const tables = [hopTable(hop, hopRatios)];
  const raw: Record<string, number> = {};
  const spreads: Record<string, [number, number]> = { hop_ratio: spread(hopRatios) };
  for (const [name, raws] of Object.entries(await rawCases(options))) {
    showProgress(`${name} model…`);
    const rates = await measureRaw(raws);
    const values = ratios(rates.engine, rates.bare);
    raw[name] = figure(median(values));
    spreads[`raw_ratio.${name}`] = spread(values);
    tables.push({
      title: `${name} model, ${raws.workers} one-thread workers, batch ${raws.batch} (items/s)`,
      headings: ['', 'median', 'spread'],
      rows: [
        ['bare session loop', ...summary(rates.bare, 1)],
        ['engine', ...summary(rates.engine, 1)],
        ['engine over bare', ...summary(values, 3)],
      ],
    });
  }
  return { figures: { hop_ratio: figure(median(hopRatios)), raw_ratio: raw, spread: spreads }, tables };
};
