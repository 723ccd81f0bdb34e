/** What a line of a recording must be like. */
import type { DiagnosticCode } from '../../pipelines/index.ts';
import { recordingVersion, type RecordedLine, type RecordingHeader } from './recording.ts';

/** What is wrong with a line, and the key it is wrong at; without a key, the whole of it. */
export interface LineMistake {
  code: DiagnosticCode;
  message: string;
  key?: string;
}

type Fields = Readonly<Record<string, unknown>>;

interface Rule {
  key: string;
  expected: string;
  fits(value: unknown): boolean;
  optional?: true;
}

/** Of times and counts; JSON spells infinity as `1e999`. */
const most = 1e12;

const isAmount = (value: unknown) => typeof value === 'number' && value >= 0 && value <= most;
const isCount = (value: unknown) => Number.isSafeInteger(value) && isAmount(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isListOf = (rules: readonly Rule[]) => (value: unknown) =>
  Array.isArray(value) && value.every(item => isFields(item) && !wrongField(item, rules));

const workRules: readonly Rule[] = [
  { key: 'stage', expected: 'a name', fits: isText },
  { key: 'hardware', expected: 'a name', fits: isText },
  { key: 'items', expected: 'a number of items', fits: isCount },
  { key: 'queue', expected: 'milliseconds', fits: isAmount },
  { key: 'service', expected: 'milliseconds', fits: isAmount },
  { key: 'batch', expected: 'a batch size', fits: isAmount },
];

const inputRules: readonly Rule[] = [
  { key: 'name', expected: 'a name', fits: isText },
  { key: 'datatype', expected: 'a datatype', fits: isText },
  { key: 'shape', expected: 'sizes', fits: value => Array.isArray(value) && value.every(isCount) },
  { key: 'base64', expected: 'base64', fits: isText },
];

const queryRules: readonly Rule[] = [
  { key: 'pipeline', expected: 'the name of a pipeline', fits: isText },
  { key: 'arrival', expected: 'seconds since the start, at least 0', fits: isAmount },
  { key: 'outcome', expected: '"ok" or the code of an error', fits: isText },
  { key: 'latency', expected: 'milliseconds', fits: isAmount },
  { key: 'timeout', expected: 'milliseconds', fits: isAmount, optional: true },
  { key: 'priority', expected: 'a number', fits: isAmount, optional: true },
  {
    key: 'work',
    expected: 'a list of { stage, hardware, items, queue, service, batch }',
    fits: isListOf(workRules),
  },
  {
    key: 'inputs',
    expected: 'a list of { name, datatype, shape, base64 }',
    fits: isListOf(inputRules),
    optional: true,
  },
];

const isStageList = (value: unknown) =>
  isFields(value) && Array.isArray(value['stages']) && value['stages'].every(isText);

const headerRules: readonly Rule[] = [
  {
    key: 'started',
    expected: 'a time',
    fits: value => isText(value) && !Number.isNaN(Date.parse(value)),
  },
  {
    key: 'pipelines',
    expected: 'a mapping of names to { stages }',
    fits: value => isFields(value) && Object.values(value).every(isStageList),
  },
];

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongField(fields: Fields, rules: readonly Rule[]): Rule | undefined {
  return rules.find(({ key, fits, optional }) =>
    fields[key] === undefined ? !optional : !fits(fields[key]),
  );
}

function mistakeOf(fields: Fields, rules: readonly Rule[], what: string): LineMistake | null {
  const wrong = wrongField(fields, rules);
  if (!wrong) return null;
  const { key, expected } = wrong;
  if (fields[key] === undefined) return { code: 'missing-key', message: `${what} has no "${key}"` };
  return {
    code: key === 'arrival' ? 'bad-arrival' : 'bad-type',
    message: `"${key}" must be ${expected}`,
    key,
  };
}

/** A line as data, or what is wrong with it. */
export type ReadLine =
  | { kind: 'header'; header: RecordingHeader }
  | { kind: 'query'; query: RecordedLine }
  | { kind: 'dropped'; dropped: number }
  /** Of a newer writer. */
  | { kind: 'other' }
  | { kind: 'wrong'; mistake: LineMistake };

const wrong = (mistake: LineMistake): ReadLine => ({ kind: 'wrong', mistake });

/** Reads a line on its own. */
export function readLine(text: string): ReadLine {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return wrong({ code: 'json-syntax', message: 'this line is no JSON' });
  }
  if (!isFields(fields)) return wrong({ code: 'not-a-mapping', message: 'a line holds an object' });
  if (fields['millrace'] !== undefined) return readHeader(fields);
  if (fields['pipeline'] !== undefined) {
    const mistake = mistakeOf(fields, queryRules, 'the query');
    return mistake ? wrong(mistake) : { kind: 'query', query: fields as unknown as RecordedLine };
  }
  const { dropped } = fields;
  return isCount(dropped) ? { kind: 'dropped', dropped: dropped as number } : { kind: 'other' };
}

function readHeader(fields: Fields): ReadLine {
  const given = fields['millrace'];
  const [kind, version] = recordingVersion.split('/');
  const [, givenKind, givenVersion] = /^([a-z]+)\/(\d+)/.exec(isText(given) ? given : '') ?? [];
  if (givenKind !== kind || givenVersion !== version) {
    const message =
      givenKind === kind
        ? `this Millrace reads version ${version} of a recording, not ${givenVersion}`
        : `this is no recording; one starts with {"millrace":"${recordingVersion}"`;
    return wrong({ code: 'bad-version', message, key: 'millrace' });
  }
  const mistake = mistakeOf(fields, headerRules, 'the header');
  return mistake ? wrong(mistake) : { kind: 'header', header: fields as unknown as RecordingHeader };
}
