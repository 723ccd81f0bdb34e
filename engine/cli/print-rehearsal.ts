/** A rehearsal as people read it: predicted beside measured. */
import { formatDuration } from '../../operators/index.ts';
import type { Objective } from '../../pipelines/index.ts';
import type { Summary } from '../rehearsal/summary.ts';
import { table } from './table.ts';

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;

function difference(predicted: number, measured: number): string {
  if (predicted === 0) return '';
  const percent = 100 * (measured / predicted - 1);
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

function latencies(predicted: Summary, measured: Summary): string {
  const row = (name: string, before: number, after: number) => [
    name,
    formatDuration(before),
    formatDuration(after),
    difference(before, after),
  ];
  return table(
    ['latency', 'predicted', 'measured', 'difference'],
    [
      row('mean', predicted.mean, measured.mean),
      ...Object.entries(predicted.percentiles).map(([name, time]) =>
        row(name, time, measured.percentiles[name]!),
      ),
    ],
  );
}

function groups(predicted: Summary, measured: Summary): string {
  return table(
    ['group', 'busy, predicted', 'measured'],
    Object.entries(predicted.utilisation).map(([name, busy]) => [
      name,
      share(busy),
      share(measured.utilisation[name]!),
    ]),
  );
}

function stages(predicted: Summary, measured: Summary): string {
  return table(
    ['stage', 'items/query', 'queue, predicted', 'measured', 'service, predicted', 'measured'],
    measured.stages.map(({ name, items, queue, service }, index) => {
      const before = predicted.stages[index]!;
      return [
        name,
        String(Number(items.toPrecision(3))),
        formatDuration(before.queue),
        formatDuration(queue),
        formatDuration(before.service),
        formatDuration(service),
      ];
    }),
  );
}

/** Whether every objective is met. */
export function meets({ percentiles }: Summary, slo: readonly Objective[]): boolean {
  return slo.every(({ percentile, limit }) => percentiles[`p${percentile}`]! <= limit);
}

function objectives(predicted: Summary, measured: Summary, slo: readonly Objective[]): string[] {
  const say = (met: boolean) => (met ? 'met' : 'missed');
  return slo.map(objective => {
    const limit = formatDuration(objective.limit);
    const [before, after] = [predicted, measured].map(summary => say(meets(summary, [objective])));
    return `p${objective.percentile} within ${limit}: predicted ${before}, measured ${after}`;
  });
}

/** Tables of latencies, groups and stages, and what became of the objectives. */
export function printRehearsal(predicted: Summary, measured: Summary, slo: readonly Objective[]): string {
  return [
    latencies(predicted, measured),
    groups(predicted, measured),
    stages(predicted, measured),
    ...(slo.length > 0 ? [objectives(predicted, measured, slo).join('\n')] : []),
  ].join('\n\n');
}
