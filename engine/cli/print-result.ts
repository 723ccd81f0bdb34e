/** A query's answer as people read it. */
import {
  describe,
  formatDuration,
  isFloat,
  isList,
  sizeOf,
  stringify,
  toPlain,
  type Tensor,
  type Value,
} from '../../operators/index.ts';
import type { BoundPipeline, Objective } from '../../pipelines/index.ts';
import type { QueryResult } from '../index.ts';
import { table } from './table.ts';

const longest = 72;

/** Fractions with four significant digits, which is as much as people read; `--json` gives them all. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (!isRow(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : stringify(rounded(value));
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function isRow(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Rows as a table, lists of texts line by line, anything else in one line. */
function printPlain(name: string, plain: unknown): string {
  if (Array.isArray(plain) && plain.length === 0) return `${name}: none`;
  if (Array.isArray(plain) && plain.every(isRow)) {
    const headings = [...new Set(plain.flatMap(row => Object.keys(row)))];
    return `${name}\n${table(
      headings,
      plain.map(row => headings.map(heading => short(row[heading] ?? ''))),
    )}`;
  }
  return `${name}: ${short(plain)}`;
}

/** A big tensor by its type and range. */
function summarise(tensor: Tensor): string {
  if (tensor.datatype === 'BYTES')
    return `${describe(tensor)}, ${tensor.data.map(({ length }) => length).join(', ')} bytes`;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const element of tensor.data) {
    const value = Number(element);
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / sizeOf(tensor.shape);
  const digits = (value: number) => (isFloat(tensor.datatype) ? value.toPrecision(4) : String(value));
  return `${describe(tensor)} min ${digits(min)} max ${digits(max)} mean ${mean.toPrecision(4)}`;
}

const fewElements = 64;

/** One value asked for with --show: whole if it is small, else what it is like. */
function printShown(name: string, value: Value): string {
  if (isList(value)) {
    return [
      `${name}: ${describe(value)}`,
      ...value.map((item, index) => `  ${printShown(`[${index}]`, item)}`),
    ].join('\n');
  }
  const small =
    value.datatype === 'BYTES'
      ? value.data.every(({ length }) => length < 200)
      : sizeOf(value.shape) <= fewElements;
  return small ? `${name}: ${describe(value)} ${short(toPlain(value))}` : `${name}: ${summarise(value)}`;
}

/** An objective and whether a latency is within it: `within the SLO (p99 ≤ 1.50 s)`. */
export function printObjectives(latency: number, slo: readonly Objective[]): string {
  const [strictest] = [...slo].sort((a, b) => a.limit - b.limit);
  if (!strictest) return '';
  const all = slo.map(({ percentile, limit }) => `p${percentile} ≤ ${formatDuration(limit)}`).join(', ');
  return `, ${latency <= strictest.limit ? 'within' : 'over'} the SLO (${all})`;
}

/** Outputs and what was asked for with --show. */
export function printOutputs(pipeline: BoundPipeline, { outputs, shown }: QueryResult): string {
  const lines = Object.entries(pipeline.outputTypes).map(([name, type]) =>
    name in outputs
      ? printPlain(name, toPlain(outputs[name]!, type))
      : `${name}: absent, its stage was skipped`,
  );
  return [...lines, ...Object.entries(shown).map(([name, value]) => printShown(name, value))].join('\n');
}

/** Where the time went, stage by stage; queue and service are summed over a stage's items. */
export function printStages({ stages }: QueryResult): string {
  const rows = stages.map(({ name, items, queue, service }) =>
    items === 0 ? [name, '0', '', ''] : [name, String(items), formatDuration(queue), formatDuration(service)],
  );
  return table(['stage', 'items', 'queue', 'service'], rows);
}

/** Nearest-rank percentile. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** What many queries took together, against the objectives. */
export function printSummary(
  latencies: readonly number[],
  failures: number,
  elapsed: number,
  slo: readonly Objective[],
): string {
  const sorted = [...latencies].sort((a, b) => a - b);
  const count = sorted.length + failures;
  const rate = `${(count / (elapsed / 1000)).toFixed(1)} queries/s`;
  const failed = failures > 0 ? `, ${failures} failed` : '';
  if (sorted.length === 0) return `${count} queries${failed}`;
  const columns = [50, 95, 99].map(percent => formatDuration(percentile(sorted, percent)));
  const met = slo.map(
    objective =>
      `p${objective.percentile} ${percentile(sorted, objective.percentile) <= objective.limit ? 'within' : 'over'} ` +
      `its ${formatDuration(objective.limit)}`,
  );
  const head = `${count} queries in ${formatDuration(elapsed)}, ${rate}${failed}`;
  return [
    head,
    table(['p50', 'p95', 'p99'], [columns]),
    ...(met.length > 0 ? [`SLO: ${met.join(', ')}`] : []),
  ].join('\n');
}
