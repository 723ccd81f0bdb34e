import { SourceFile, type Diagnostic, type DiagnosticCode } from '../../pipelines/index.ts';
import { describeArrivals } from './describe.ts';

/** Characters of the largest trace that is read: some ten million arrivals. */
export const maxTraceLength = 128 * 1024 ** 2;

/** Mistakes that are shown, so that an error's message has room for all of them; further lines are counted. */
const shown = 10;

const header = /^"?arrival"?$/;
const seconds = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A mistake in a line of the text; `start` and `end` are offsets. */
interface BadLine {
  code: DiagnosticCode;
  message: string;
  start: number;
  end: number;
}

/**
 * Reads a trace: CSV with the one column `arrival`, seconds since its start, ascending; arrivals may coincide. Empty
 * lines at the end are let pass.
 *
 * @returns arrivals in milliseconds
 */
export function parseTrace(text: string, file = ''): { arrivals?: Float64Array; diagnostics: Diagnostic[] } {
  if (text.length > maxTraceLength) {
    const message = `the trace is larger than ${maxTraceLength / 1024 ** 2} MiB`;
    return { diagnostics: diagnose('', file, [{ code: 'too-large', message, start: 0, end: 1 }], 1) };
  }
  const lines = text.replace(/^\u{feff}/u, '').trimEnd();
  const bad: BadLine[] = [];
  const { arrivals, wrong } = readLines(lines, bad);
  if (wrong === 0 && !(arrivals.at(-1)! > arrivals[0]!)) {
    const found = ['no arrivals', 'one arrival'][arrivals.length] ?? 'its arrivals all at one instant';
    const message = `the trace has ${found}; it takes two at different times to have a rate`;
    bad.push({ code: 'missing-arrivals', message, start: 0, end: lines.length });
  }
  return bad.length === 0
    ? { arrivals, diagnostics: [] }
    : { diagnostics: diagnose(lines, file, bad, wrong) };
}

/**
 * Speeds arrivals up, or slows them down, to a rate; bursts stay what they are.
 *
 * @param arrivals milliseconds, ascending; at least two, not all at one instant
 * @param rate queries per second, from the first arrival to the last
 */
export function rescale(arrivals: Float64Array, rate: number): Float64Array {
  const factor = describeArrivals(arrivals).rate / rate;
  return arrivals.map(arrival => arrival * factor);
}

/** The arrivals of a text, and the number of lines that are wrong; the first of those go to `bad`. */
function readLines(text: string, bad: BadLine[]): { arrivals: Float64Array; wrong: number } {
  const arrivals: number[] = [];
  let wrong = 0;
  let latest = 0;
  for (let start = 0, first = true; start < text.length; first = false) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(start, end).trim();
    const mistake = first ? wrongHeader(line) : wrongArrival(line, latest);
    if (mistake) {
      wrong++;
      if (bad.length < shown) bad.push({ ...mistake, start, end });
      // What follows would be as strange as the header.
      if (first) break;
    } else if (!first) {
      latest = Number(line);
      arrivals.push(latest * 1000);
    }
    start = end + 1;
  }
  return { arrivals: Float64Array.from(arrivals), wrong };
}

function wrongHeader(line: string): Pick<BadLine, 'code' | 'message'> | undefined {
  if (header.test(line)) return undefined;
  return { code: 'bad-header', message: 'a trace has one column, whose name stands here: arrival' };
}

/** @param latest the arrival before it, in seconds */
function wrongArrival(line: string, latest: number): Pick<BadLine, 'code' | 'message'> | undefined {
  const arrival = Number(line);
  if (!seconds.test(line) || !Number.isFinite(arrival)) {
    const what = line === '' ? 'this line is empty' : 'this is no number';
    return { code: 'bad-arrival', message: `${what}; an arrival is in seconds since the start` };
  }
  if (arrival < 0)
    return { code: 'bad-arrival', message: 'an arrival is never before the start, which is 0' };
  if (arrival >= latest) return undefined;
  return { code: 'unsorted-arrival', message: `this arrival is before the one at ${latest}; sort the trace` };
}

function diagnose(text: string, file: string, bad: readonly BadLine[], wrong: number): Diagnostic[] {
  const source = new SourceFile(file, text);
  for (const [index, { code, message, start, end }] of bad.entries()) {
    const more = index === shown - 1 && wrong > shown ? `; ${wrong - shown} more lines are wrong` : '';
    source.mistake(code, { start, end }, message + more);
  }
  return source.diagnostics;
}
