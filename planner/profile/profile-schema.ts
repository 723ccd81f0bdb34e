/** The profile file: what must be in it, and how mistakes are called. */
import type { JsonSchema } from '../../operators/index.ts';
import { object, record, type Rule } from '../../pipelines/index.ts';

/** Kind and version, the first key of a profile. */
export const profileVersion = 'profile/1';

/** Items of one query, or batch sizes, beyond which a file is taken to be wrong. */
export const maxCount = 100_000;

/** Figures may be added to without a new version. */
const open = { additionalProperties: true };

const Name: JsonSchema = { type: 'string', minLength: 1, maxLength: 1000 };
/** Milliseconds. JSON spells infinity as `1e999`, and eleven days are no service time either. */
const Time: JsonSchema = { type: 'number', minimum: 0, maximum: 1e9 };

const percentages = '^(?:\\d{1,2}(?:\\.\\d+)?|100(?:\\.0+)?)$';
const Quantiles = record(percentages, Time);
/** May be below 0. */
const Longer: JsonSchema = { type: 'number', minimum: -1e9, maximum: 1e9 };

const Batch = object({}, { mean: Time, quantiles: Quantiles }, open);

const Rested = object({}, { time: Time, wake: Time }, open);

const Stage = object(
  {
    // Samples may be many, so they are looked at by a loop of their own.
    scale: object(
      {},
      { mean: { type: 'number', minimum: 0, maximum: maxCount }, samples: { type: 'array' } },
    ),
    batches: record('^[1-9]\\d{0,4}$', Batch),
  },
  {
    wake: Time,
    // A number is one of all quantiles.
    interference: { anyOf: [Longer, record(percentages, Longer)] },
    crowded: Quantiles,
    rested: record('^\\d{1,9}(?:\\.\\d+)?$', Rested),
    threads: { type: 'number', minimum: 0 },
    memory: { type: 'number', minimum: 0 },
  },
  open,
);

/** Milliseconds between two stalls. A machine that has more of them does nothing else, and nor would a simulation. */
const Interval: JsonSchema = { type: 'number', minimum: 0.1, maximum: 1e9 };
/** Queries between two collections. */
const Queries: JsonSchema = { type: 'number', minimum: 1, maximum: 1e9 };

const Engine = object(
  {},
  {
    query: Time,
    hop: Time,
    item: Time,
    wake: Time,
    stalls: object({ every: Interval, quantiles: Quantiles }, {}, open),
    collections: object({ queries: Queries, time: Time }, {}, open),
  },
  open,
);

export const ProfileSchema = object(
  { millrace: { const: profileVersion }, pipeline: Name, hardware: Name, stages: record('^', Stage) },
  { host: { type: 'object' }, engine: Engine },
);

export const profileRules: readonly Rule[] = [
  { at: /^\/millrace$/, code: 'bad-version' },
  {
    at: /\/batches$/,
    code: 'bad-batch',
    keyword: /name/,
    expected: 'a batch size, a whole number such as 8',
  },
  {
    at: /\/(?:quantiles|interference|crowded)$/,
    code: 'bad-percentage',
    keyword: /name/,
    expected: 'a percentage from 0 to 100',
  },
];
