/** A reader of Prometheus' text format that forgives nothing (`exposition_formats.md`, version 0.0.4). */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  name: string;
  type: string;
  help: string;
  samples: Sample[];
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const line = new RegExp(`^(${name})(?:\\{(.*)\\})? (\\S+)$`);
const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/;
const value = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/i;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== '';) {
    const found = pair.exec(rest);
    if (!found) throw new Error(`no label: ${rest}`);
    const [whole, key, quoted] = found as unknown as [string, string, string];
    if (key in labels) throw new Error(`label ${key} comes twice: ${text}`);
    labels[key] = quoted.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function numberOf(text: string): number {
  if (!value.test(text)) throw new Error(`no value: ${text}`);
  if (/Inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** Name of the family that a sample belongs to. */
function familyOf(sample: string, type: string): string {
  if (type === 'histogram') return sample.replace(/_(bucket|sum|count)$/, '');
  return type === 'summary' ? sample.replace(/_(sum|count)$/, '') : sample;
}

function identity({ name, labels }: Sample, without: readonly string[] = []): string {
  const sorted = Object.entries(labels)
    .filter(([key]) => !without.includes(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, sorted]);
}

/** Buckets grow with their bounds and end with +Inf, which is the count. */
function checkHistogram({ name, samples }: Family): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = identity({ ...sample, name }, ['le']);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, all] of series) {
    const buckets = all.filter(sample => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels['le']!));
    const counts = buckets.map(({ value }) => value);
    const one = (suffix: string) => all.filter(sample => sample.name === `${name}_${suffix}`);
    const isAscending = (numbers: number[], strictly: boolean) =>
      numbers.every((n, i) => i === 0 || n > numbers[i - 1]! || (!strictly && n === numbers[i - 1]));
    if (!isAscending(bounds, true) || bounds.at(-1) !== Infinity) throw new Error(`bounds of ${key}`);
    if (!isAscending(counts, false)) throw new Error(`counts of ${key}`);
    if (one('sum').length !== 1 || one('count').length !== 1) throw new Error(`sum or count of ${key}`);
    if (one('count')[0]!.value !== counts.at(-1)) throw new Error(`count of ${key} is not its last bucket`);
  }
}

/** Every family, by name. @throws Error saying what is wrong with the text */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let help: [string, string] | null = null;
  let family: Family | null = null;
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(row);
    if (comment) {
      const [, kind, of, rest] = comment as unknown as [string, string, string, string];
      if (kind === 'HELP') {
        help = [of, rest];
        continue;
      }
      if (help?.[0] !== of) throw new Error(`${of} has no help before its type`);
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest))
        throw new Error(`type of ${of}: ${rest}`);
      if (families.has(of)) throw new Error(`${of} comes twice`);
      family = { name: of, type: rest, help: help[1], samples: [] };
      families.set(of, family);
      continue;
    }
    const found = line.exec(row);
    if (!found) throw new Error(`no sample: ${row}`);
    const [, name, labels = '', number] = found as unknown as [string, string, string | undefined, string];
    if (!family || familyOf(name, family.type) !== family.name) throw new Error(`${name} is of no family`);
    const sample = { name, labels: labelsOf(labels), value: numberOf(number) };
    if (seen.has(identity(sample))) throw new Error(`comes twice: ${row}`);
    seen.add(identity(sample));
    if (family.type === 'counter' && sample.value < 0) throw new Error(`a counter below 0: ${row}`);
    family.samples.push(sample);
  }
  for (const one of families.values()) if (one.type === 'histogram') checkHistogram(one);
  return families;
}
