/** `--rate`, `--cv`, `--trace`, `--queries` and `--seeds`, read into a workload. */
import type { Plan, PlanWorkload } from '../../pipelines/index.ts';
import {
  describeArrivals,
  rescale,
  type RecordingOptions,
  type TraceWorkload,
  type Workload,
} from '../../planner/index.ts';
import { countOption, textOption, UsageError, type Arguments, type Command } from './command.ts';
import { readTrace } from './trace-file.ts';

const defaultQueries = 10_000;
const defaultSeeds = 3;
/** What a plan file takes. */
const maxCount = 100_000;
const maxCv = 100;

/** Of every command that takes a workload. */
export const workloadOptions = {
  rate: { type: 'string' },
  cv: { type: 'string' },
  trace: { type: 'string' },
  queries: { type: 'string' },
  seeds: { type: 'string' },
} as const satisfies Command['options'];

/** `--trace`, in every command that takes it. */
export const traceHelp = `\
  --trace FILE        arrivals from a file: CSV with one column "arrival", in seconds, or a recording of "millrace serve
                      --record"; --rate rescales it
`;

export const workloadHelp = `\
  --rate R            queries per second, of a gamma process
  --cv C              coefficient of variation of its gaps (default 1: Poisson; 0: evenly spaced)
${traceHelp}  --queries N         queries of each seed (default ${defaultQueries}; of a trace all, or the first N)
  --seeds N           how many samples are drawn (default ${defaultSeeds})
`;

/**
 * The workload asked for; or else the one that a plan was made for.
 *
 * @param recorded what of a recording is wanted, where the trace is one
 * @throws UsageError if there is neither, or for a value that makes no sense; PipelineError for a trace with mistakes;
 *   MillraceError `not-found` if there is no such trace
 */
export async function readWorkload(
  args: Arguments,
  plan?: Plan,
  recorded: RecordingOptions = {},
): Promise<Workload> {
  const rate = rateOption(args);
  const cv = cvOption(args);
  const file = textOption(args, 'trace');
  const planned = rate === undefined && file === undefined ? plan?.workload : undefined;
  const trace = file ?? planned?.trace;
  const seeds = countUpTo(args, 'seeds', planned?.seeds ?? defaultSeeds);
  if (trace !== undefined) {
    if (cv !== undefined) throw new UsageError('a trace has gaps of its own: leave out --cv');
    const queries = countUpTo(args, 'queries', planned?.queries ?? Infinity);
    const use = { rate: rate ?? planned?.rate, sha256: planned?.sha256, queries, seeds };
    return useTrace(trace, use, recorded);
  }
  const perSecond = rate ?? planned?.rate;
  if (perSecond === undefined) {
    throw new UsageError('what arrives is not said: give --rate R, in queries per second, or --trace FILE');
  }
  const queries = countUpTo(args, 'queries', planned?.queries ?? defaultQueries);
  return { kind: 'gamma', rate: perSecond, cv: cv ?? planned?.cv ?? 1, queries, seeds };
}

/** A workload as a plan's file has it. `readWorkload` makes the same workload of that. */
export function planWorkload(workload: Workload): PlanWorkload {
  if (workload.kind === 'gamma') {
    const { rate, cv, queries, seeds } = workload;
    return { rate, cv, queries, seeds };
  }
  const { file, sha256, rate, arrivals, seeds } = workload;
  return {
    trace: file,
    sha256,
    rate,
    ...(arrivals.length <= maxCount && { queries: arrivals.length }),
    seeds,
  };
}

interface TraceUse {
  /** Queries per second to rescale to. */
  rate: number | undefined;
  /** What the file must have. */
  sha256: string | undefined;
  /** Taken from its start. */
  queries: number;
  seeds: number;
}

async function useTrace(
  path: string,
  { rate, sha256: expected, queries, seeds }: TraceUse,
  recorded: RecordingOptions,
): Promise<TraceWorkload> {
  const { arrivals, sha256, recording } = await readTrace(path, recorded);
  if (expected !== undefined && sha256 !== expected) {
    throw new UsageError(
      `${path} has changed since the plan was made for it; give --trace ${path} to use it as it is now`,
    );
  }
  const taken = arrivals.subarray(0, queries);
  if (!(taken.at(-1)! > taken[0]!)) {
    throw new UsageError(`the first ${taken.length} arrivals of ${path} are at one instant; raise --queries`);
  }
  const rescaled = rate === undefined ? taken : rescale(taken, rate);
  // The rate that was asked for, not one that rounding makes of it.
  const actual = rate ?? describeArrivals(taken).rate;
  return {
    kind: 'trace',
    file: path,
    sha256,
    arrivals: rescaled,
    rate: actual,
    seeds,
    ...(recording && { recording: { ...recording, queries: recording.queries.slice(0, taken.length) } }),
  };
}

function rateOption(args: Arguments): number | undefined {
  const text = textOption(args, 'rate');
  if (text === undefined) return undefined;
  const rate = Number(text);
  if (rate > 0 && rate < Infinity) return rate;
  throw new UsageError(`--rate takes a number of queries per second above 0, not "${text}"`);
}

function cvOption(args: Arguments): number | undefined {
  const text = textOption(args, 'cv');
  if (text === undefined) return undefined;
  const cv = Number(text);
  if (text.trim() !== '' && cv >= 0 && cv <= maxCv) return cv;
  throw new UsageError(`--cv takes a number from 0 to ${maxCv}, not "${text}"`);
}

function countUpTo(args: Arguments, name: string, fallback: number): number {
  const count = countOption(args, name, fallback);
  if (count <= maxCount || textOption(args, name) === undefined) return count;
  throw new UsageError(`--${name} takes at most ${maxCount}, not ${count}`);
}
