/** The queries of `millrace load`: when they are due, and what each of them asks. */
import { parseDuration } from '../../operators/index.ts';
import { gammaArrivals, type RecordedQuery } from '../../planner/index.ts';
import { recordedInputs, recordedQueries } from '../load/recorded-queries.ts';
import type { LoadQuery, ServiceAddress } from '../load/target.ts';
import { countOption, textOption, UsageError, type Arguments } from './command.ts';
import type { ServedPipeline } from './load-target.ts';
import { readQueries } from './query-inputs.ts';
import { readWorkload } from './workload-options.ts';

/** Unless told otherwise. */
export const usualDuration = '10 s';
/** Arrivals of one load: what fits into memory several times over. */
const mostArrivals = 50_000_000;

/** Milliseconds, 0 too. */
export function lengthOption(args: Arguments, name: string, fallback: string): number {
  const text = textOption(args, name) ?? fallback;
  const duration = parseDuration(text);
  if (duration !== null && duration >= 0) return duration;
  throw new UsageError(`--${name} takes a duration such as "10 s", not "${text}"`);
}

export interface Due {
  arrivals: Float64Array;
  /** What comes then, where the trace is a recording. */
  recorded?: readonly RecordedQuery[];
}

/** When queries are due: those of a trace, or as many of a gamma process as come in the time. */
export async function readDue(args: Arguments, { pipeline }: ServiceAddress): Promise<Due> {
  if (textOption(args, 'duration') !== undefined && textOption(args, 'queries') !== undefined) {
    throw new UsageError('--duration and --queries exclude each other');
  }
  const inputs = args.values['input'] === undefined;
  const workload = await readWorkload(args, undefined, { pipeline, inputs });
  if (workload.kind === 'trace') {
    const end = textOption(args, 'duration') === undefined ? Infinity : lengthOption(args, 'duration', '');
    const { arrivals, recording } = workload;
    const due = arrivals.filter(arrival => arrival - arrivals[0]! <= end);
    return { arrivals: due, ...(recording && { recorded: recording.queries }) };
  }
  const { rate, cv } = workload;
  const seed = countOption(args, 'seed', 1);
  if (textOption(args, 'queries') !== undefined)
    return { arrivals: gammaArrivals(rate, cv, workload.queries, seed) };
  const duration = lengthOption(args, 'duration', usualDuration);
  const expected = Math.ceil((rate * duration) / 1000);
  if (expected > mostArrivals)
    throw new UsageError(`${expected} queries are more than can be sent in one load`);
  // Some more than are expected, so that the time is filled whatever is drawn.
  const spare = Math.ceil(8 * Math.max(1, cv) * Math.sqrt(expected)) + 10;
  const drawn = gammaArrivals(rate, cv, expected + spare, seed);
  return { arrivals: drawn.filter(arrival => arrival <= duration) };
}

/** What is asked: with the inputs given or, where none are, with those that the recording holds. */
export async function readAsked(
  args: Arguments,
  served: ServedPipeline,
  recorded: readonly RecordedQuery[] | undefined,
): Promise<(query: number) => LoadQuery> {
  const given = args.values['input'] as string[] | undefined;
  const held = recorded && !given ? recordedInputs(recorded) : null;
  if (recorded && !given && !held) {
    const message =
      'the recording holds no inputs, as it would with --record-payloads: give --input NAME=VALUE';
    throw new UsageError(message);
  }
  const inputs = held ?? (await readQueries(served.inputs, given ?? [])).map(query => query.inputs);
  if (recorded) return recordedQueries(recorded, inputs);
  const queries = inputs.map((inputs): LoadQuery => ({ inputs, parameters: {} }));
  return query => queries[query % queries.length]!;
}
