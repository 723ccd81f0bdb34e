/** Are predictions what the engine then does, and how fast are they made? */
import type { Bench, Table } from '../bench.ts';
import { median } from '../measure.ts';
import { figure, showProgress, summary } from '../report.ts';
import { measureFidelity } from './fidelity.ts';
import { errorOf, type Row } from './row.ts';
import { measureShipped } from './shipped.ts';
import { measureHour, measureSpeed } from './speed.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function fidelityTable(what: string, rows: readonly Row[]): Table {
  const beside = ({ predicted, measured }: Row, name: 'p50' | 'p95' | 'p99') =>
    `${predicted[name].toFixed(0)} ${measured[name].toFixed(0)}`;
  return {
    title: `${what}: predicted and measured latency (ms), and how far p99 is off; floor: the same draws twice`,
    headings: ['pipeline', 'rate', 'CV', 'busy', 'p50', 'p95', 'p99', 'off', 'floor'],
    rows: rows.map(row => [
      row.pipeline,
      row.rate.toFixed(0),
      String(row.cv),
      String(row.utilisation),
      beside(row, 'p50'),
      beside(row, 'p95'),
      beside(row, 'p99'),
      percent(errorOf(row, 'p99')),
      percent(row.floor.p99),
    ]),
  };
}

export const bench: Bench = async options => {
  showProgress('speed…');
  const speeds = await measureSpeed(options);
  const hours = await measureHour(options);
  const { cost, rows } = await measureFidelity(options);
  const shipped = await measureShipped(options);
  const errors = (of: readonly Row[]) => {
    const all = of.map(row => errorOf(row, 'p99'));
    return { median: figure(median(all)), worst: figure(Math.max(...all)) };
  };
  const millions = (values: readonly number[]) =>
    summary(
      values.map(value => value / 1e6),
      2,
    );
  return {
    figures: {
      items_per_second: figure(Math.min(...Object.values(speeds).map(median))),
      hour_seconds: figure(median(hours)),
      engine: cost,
      fidelity: rows,
      p99_error: errors(rows),
      ...(shipped.length > 0 && { shipped, shipped_p99_error: errors(shipped) }),
    },
    tables: [
      {
        title: 'estimator, one core (million stage-items per second)',
        headings: ['', 'median', 'spread'],
        rows: Object.entries(speeds).map(([name, values]) => [name, ...millions(values)]),
      },
      {
        title: 'an hour at 300 queries/s through three stages (s)',
        headings: ['', 'median', 'spread'],
        rows: [['estimated in', ...summary(hours, 2)]],
      },
      fidelityTable('rehearsed', rows),
      ...(shipped.length > 0 ? [fidelityTable('with real models', shipped)] : []),
    ],
  };
};
