/**
 * What does a plan whose replicas follow the traffic miss, and cost, beside a static plan sized for the mean and one
 * sized for the peak? The engine itself runs, in virtual time, with emulated stages and replicas that take a second to
 * start; a shorter step is run in real time too.
 */
import type { Bench, Report, Table } from '../bench.ts';
import { figure, showProgress } from '../report.ts';
import { burstCase, samplesOf, stepCase, traceCase, type TunerCase } from './cases.ts';
import { play, sizeFor, type Row } from './policies.ts';

/** The tuner beside both static plans, in one case. */
interface Comparison {
  case: string;
  /** Misses of the plan for the mean over the tuner's; of a tuner that misses nothing, as if it missed one query. */
  fewerMisses: number;
  /** Mean cost over that of the plan for the peak. */
  costOfPeak: number;
  /** Seconds until it was back within the objective after the slowest of the steps; null: there was none, or never. */
  back: number | null;
}

async function playAll(of: TunerCase): Promise<Row[]> {
  const rows: Row[] = [];
  const sizes = { tuner: of.planned, mean: samplesOf(of.mean), peak: samplesOf(of.peak) } as const;
  for (const policy of ['tuner', 'mean', 'peak'] as const) {
    showProgress(`${of.name}: ${policy}…`);
    rows.push(await play(of, policy, sizeFor(of, sizes[policy])));
  }
  return rows;
}

function compare(rows: readonly Row[]): Comparison {
  const [tuner, mean, peak] = rows as [Row, Row, Row];
  const times = tuner.back.filter(back => back !== null);
  return {
    case: tuner.case,
    fewerMisses: figure(mean.misses / Math.max(tuner.misses, 1 / tuner.queries)),
    costOfPeak: figure(tuner.cost / peak.cost),
    back: times.length > 0 && times.length === tuner.back.length ? Math.max(...times) : null,
  };
}

/** Seeds of other arrivals of the same process: where bursts come at random, so does the next one after a step. */
const otherSeeds = [11, 21, 31, 41, 51];

/** The tuner in the case of bursts, with other arrivals. */
async function playOthers(seconds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const first of otherSeeds) {
    const of = burstCase(seconds, first);
    showProgress(`${of.name}, seed ${first}…`);
    rows.push({ ...(await play(of, 'tuner', sizeFor(of, of.planned))), case: `seed ${first}` });
  }
  return rows;
}

const cells = ({ policy, queries, misses, cost, back }: Row): string[] => [
  policy,
  String(queries),
  `${(100 * misses).toFixed(3)} %`,
  cost.toFixed(3),
  back.map(seconds => (seconds === null ? 'never' : `${seconds} s`)).join(', '),
];

const tableOf = (title: string, rows: readonly Row[]): Table => ({
  title,
  headings: ['policy', 'queries', 'SLO misses', 'USD/h', 'back within the SLO'],
  rows: rows.map(cells),
});

export const bench: Bench = async ({ quick }): Promise<Report> => {
  const recorded = traceCase(quick ? 0.1 : 1);
  const cases = [stepCase(quick ? 20 : 300), burstCase(quick ? 20 : 600), ...(recorded ? [recorded] : [])];
  const rows: Row[][] = [];
  for (const each of cases) rows.push(await playAll(each));
  const others = await playOthers(quick ? 20 : 200);
  const inRealTime = stepCase(quick ? 5 : 30);
  const validation: Row[] = [];
  for (const policy of ['tuner', 'peak'] as const) {
    const groups = sizeFor(inRealTime, policy === 'tuner' ? inRealTime.planned : samplesOf(inRealTime.peak));
    for (const time of ['virtual', 'real'] as const) {
      showProgress(`${policy} in ${time} time…`);
      const row = await play(inRealTime, policy, groups, time === 'real');
      validation.push({ ...row, case: `in ${time} time` });
    }
  }
  const comparisons = rows.map(compare);
  return {
    figures: { comparisons, rows: rows.flat(), others, validation },
    tables: [
      ...rows.map(of => tableOf(of[0]!.case, of)),
      {
        title: 'the tuner beside the static plans',
        headings: ['case', 'fewer misses than for the mean', 'cost of that for the peak', 'back within'],
        rows: comparisons.map(({ case: name, fewerMisses, costOfPeak, back }) => [
          name,
          `${fewerMisses} ×`,
          `${(100 * costOfPeak).toFixed(1)} %`,
          back === null ? '' : `${back} s`,
        ]),
      },
      {
        ...tableOf('CV 1 → 4 with other arrivals', others),
        rows: others.map(row => [row.case, ...cells(row).slice(1)]),
      },
      {
        ...tableOf(
          'a shorter step, in virtual and in real time: what the plan for the peak misses is the machine’s own',
          validation,
        ),
        rows: validation.map(row => [`${row.policy}, ${row.case}`, ...cells(row).slice(1)]),
      },
    ],
  };
};
