/** Printing what a bench found. */
import type { Report, Table } from './bench.ts';
import { median, spread } from './measure.ts';

/** Median and spread of some rounds, as cells of a table. */
export function summary(values: readonly number[], digits: number): [string, string] {
  const [least, most] = spread(values);
  return [median(values).toFixed(digits), `${least.toFixed(digits)}–${most.toFixed(digits)}`];
}

/** A figure without digits that mean nothing. */
export function figure(value: number): number {
  return Number(value.toPrecision(4));
}

function layOut({ title, headings, rows }: Table): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [title, ...[headings, ...rows].map(row => `  ${line(row)}`)].join('\n');
}

/** The tables for people, figures last. */
export function asText({ figures, tables }: Report): string {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [...tables.map(layOut), ['figures', ...lines].join('\n')].join('\n\n');
}

/** One line that is written over again on a terminal; nothing in a pipe. An empty text wipes it. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
