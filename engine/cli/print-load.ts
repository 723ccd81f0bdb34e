/** What a load came to, as people read it. */
import { formatDuration } from '../../operators/index.ts';
import type { LoadProgress, LoadResult } from '../load/load.ts';
import type { StressResult } from '../load/stress.ts';
import { table } from './table.ts';

const rate = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const share = (value: number): string => `${(100 * value).toFixed(value > 0.99 && value < 1 ? 2 : 1)} %`;

/** One line that tells how far it has come. */
export function progressLine({ sent, total, inFlight, failed, p99 }: LoadProgress): string {
  const problems = failed > 0 ? `, ${failed} failed` : '';
  return `${sent} of ${total} sent, ${inFlight} in flight${problems}, p99 ${formatDuration(p99)}`;
}

export function printLoad(result: LoadResult): string {
  const { sent, answered, failed, latency, refusal, slo, lateness } = result;
  const outcomes = Object.entries(failed).map(([code, count]) => [code, String(count), share(count / sent)]);
  const names = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;
  const told = failed.overloaded !== undefined;
  const row = (name: string, of: LoadResult['latency']) => [
    name,
    ...names.map(key => formatDuration(of[key])),
  ];
  return [
    table(
      ['outcome', 'queries', 'share'],
      [['answered', String(answered), share(sent === 0 ? 0 : answered / sent)], ...outcomes],
    ),
    table(['latency', ...names], [row('answers', latency), ...(told ? [row('refusals', refusal)] : [])]),
    [
      `offered ${rate(result.rate.offered)}/s, answered ${rate(result.rate.answered)}/s`,
      ...Object.entries(slo).map(
        ([name, { limit, within, met }]) =>
          `${name} within ${formatDuration(limit)}: ${met ? 'met' : 'missed'}, ${share(within)} of all queries in time`,
      ),
      `latencies count from when a query was due; sent ${formatDuration(lateness.p99)} late at p99`,
    ].join('\n'),
  ].join('\n\n');
}

export const formatFactor = (factor: number): string => `${Number(factor.toPrecision(3))}×`;

/** @param most how many times as fast it had to be held */
export function printStress({ passed, held, steps }: StressResult, most: number): string {
  const rows = steps.map(({ factor, result, held }) => [
    formatFactor(factor),
    rate(result.rate.offered),
    share(result.sent === 0 ? 0 : result.answered / result.sent),
    formatDuration(result.latency.p50),
    formatDuration(result.latency.p99),
    ...Object.values(result.slo).map(({ within }) => share(within)),
    held ? 'held' : 'not held',
  ]);
  const objectives = Object.entries(steps[0]!.result.slo).map(
    ([name, { limit }]) => `${name} ≤ ${formatDuration(limit)}`,
  );
  const asked = `asked for ${formatFactor(most)}`;
  const verdict = passed
    ? `passed: held at ${formatFactor(most)}`
    : `failed: ${held === 0 ? 'not held even as it is' : `held at ${formatFactor(held)}`}, ${asked}`;
  return [table(['load', 'queries/s', 'answered', 'p50', 'p99', ...objectives, ''], rows), verdict].join(
    '\n\n',
  );
}
