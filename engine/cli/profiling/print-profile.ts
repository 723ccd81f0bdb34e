/** A profile as people read it. */
import { formatDuration } from '../../../operators/index.ts';
import type { Profile, StageProfile } from '../../../planner/index.ts';
import { bestBatch, throughput } from '../../profiler/rules.ts';
import { table } from '../table.ts';

function timeAt({ quantiles, mean }: StageProfile['batches'][number], percentage: number): number {
  return quantiles.find(quantile => quantile.percentage === percentage)?.time ?? mean;
}

/** Three digits of a small rate, all of a large one. */
function formatRate(rate: number): string {
  return rate < 100 ? rate.toPrecision(3) : String(Math.round(rate));
}

function rowsOf(name: string, { scale, batches, memory = 0 }: StageProfile): string[][] {
  const measured = batches.map(times => ({ batch: times.batch, median: timeAt(times, 50) }));
  const best = bestBatch(measured);
  return batches.map((times, index) => [
    index === 0 ? name : '',
    index === 0 ? String(Number(scale.mean.toPrecision(3))) : '',
    String(times.batch),
    formatDuration(timeAt(times, 50)),
    formatDuration(timeAt(times, 99)),
    formatRate(throughput(measured[index]!)),
    times.batch === best ? 'best' : '',
    index === 0 ? `${Math.round(memory / 1024 ** 2)} MiB` : '',
  ]);
}

/** Each stage's batch sizes, and what the engine itself costs. */
export function printProfile({ stages, engine }: Profile): string {
  const headings = ['stage', 'items/query', 'batch', 'median', 'p99', 'items/s', '', 'memory'];
  const rows = Object.entries(stages).flatMap(([name, stage]) => rowsOf(name, stage));
  const { query, hop, item = 0, wake } = engine;
  const costs = `${formatDuration(query)} a query, ${formatDuration(hop)} a batch and ${formatDuration(item)} an item`;
  return `${table(headings, rows)}\n\nThe engine's main thread: ${costs}; between threads: ${formatDuration(wake)} a batch`;
}
